import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../../shared/config/load-settings.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const load = (folder: string, request: Partial<Parameters<typeof loadSettings>[0]> = {}) =>
  loadSettings({ configPath: undefined, environment: {}, folder, set: [], flags: [], ...request })

describe('the settings file', () => {
  it('is dfs.yaml of the working directory when nobody names another', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'dfs.yaml'), 'replication.target: 2\n')
    const settings = load(folder)
    expect(settings.file).toBe(join(folder, 'dfs.yaml'))
    expect(settings.values['replication.target']).toBe(2)
    expect(settings.origin('replication.target')).toBe(`${folder}/dfs.yaml:1`)
  })

  it('is the one of --config before that of DFS_CONFIG', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.yaml'), 'replication.target: 1\n')
    writeFileSync(join(folder, 'b.yaml'), 'replication.target: 2\n')
    const environment = { DFS_CONFIG: 'b.yaml' }
    expect(load(folder, { environment }).values['replication.target']).toBe(2)
    expect(load(folder, { environment, configPath: 'a.yaml' }).values['replication.target']).toBe(1)
  })

  it('is the usual one for an empty DFS_CONFIG, and none for /dev/null', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'dfs.yaml'), 'replication.target: 2\n')
    const targetWith = (DFS_CONFIG: string) =>
      load(folder, { environment: { DFS_CONFIG } }).values['replication.target']
    expect(targetWith('')).toBe(2)
    expect(targetWith('/dev/null')).toBe(3)
  })

  it('must be there when it was named', () => {
    expect(() => load(temporaryFolder(), { configPath: 'none.yaml' })).toThrow(
      /cannot read the settings file .*none\.yaml/,
    )
  })
})
