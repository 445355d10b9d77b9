import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  readClusterToken,
  readOrCreateClusterToken,
} from '../../../../shared/config/cluster-token.js'
import { resolveSettings } from '../../../../shared/config/resolve-settings.js'
import { readAssignments } from '../../../../shared/config/sources.js'
import { seededRandom } from '../../../../shared/random.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const settings = (...flags: string[]) => resolveSettings([readAssignments(flags, '/')], '/').values

describe('the token of a cluster', () => {
  it('is written at the first start, for its owner alone, and read ever after', () => {
    const path = join(temporaryFolder(), 'new', 'cluster-token')
    const values = settings(`cluster.token-file=${path}`)
    const token = readOrCreateClusterToken(values, seededRandom(1))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readOrCreateClusterToken(values, seededRandom(2))).toBe(token)
    expect(readClusterToken(values)).toBe(token)
    expect(readFileSync(path, 'utf8').trim()).toBe(token)
  })

  it('leaves nothing beside its file', () => {
    const folder = temporaryFolder()
    readOrCreateClusterToken(settings(`cluster.token-file=${folder}/token`), seededRandom(1))
    expect(readdirSync(folder)).toEqual(['token'])
  })

  it('may stand in the settings', () => {
    const values = settings('cluster.token=0123456789abcdef0123')
    expect(readClusterToken(values)).toBe('0123456789abcdef0123')
  })

  it('is asked for where it is missing', () => {
    const values = settings(`cluster.token-file=${temporaryFolder()}/none`)
    expect(() => readClusterToken(values)).toThrow(/copy the one that the namenode wrote/)
  })

  it('is refused when it is too short to be a secret', () => {
    const path = join(temporaryFolder(), 'token')
    writeFileSync(path, 'secret\n')
    expect(() => readClusterToken(settings(`cluster.token-file=${path}`))).toThrow(
      /shorter than 16 characters/,
    )
  })

  it('lies in the data folder of the namenode unless it is said where', () => {
    expect(settings('namenode.data-folder=/srv/nn')['cluster.token-file']).toBe(
      '/srv/nn/cluster-token',
    )
  })
})
