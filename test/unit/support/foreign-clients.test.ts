import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { installedClient } from '../../support/foreign-clients.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dfs-clients-'))
  vi.stubEnv('DFS_CLIENTS_FOLDER', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

it('a client is installed once, also one that needs another; nothing but clients is left', async () => {
  const installed: string[] = []
  const install = (name: string, needs?: string) =>
    installedClient(name, async (into) => {
      if (needs !== undefined) await install(needs)
      installed.push(name)
      writeFileSync(join(into, 'file'), name)
    })
  await install('shell', 'jars')
  await install('jars')
  await install('shell', 'jars')
  expect(installed).toEqual(['jars', 'shell'])
  expect(readdirSync(folder).toSorted()).toEqual(['jars', 'shell'])
})

it('a failed installation leaves nothing, nor does one whose process is gone hold up others', async () => {
  const failing = installedClient('shell', () => Promise.reject(new Error('no network')))
  await expect(failing).rejects.toThrow('no network')
  expect(readdirSync(folder)).toEqual([])
  // No process has the largest number there is.
  writeFileSync(join(folder, 'installing'), String(2 ** 22 + 1))
  await installedClient('shell', async (into) => writeFileSync(join(into, 'file'), ''))
  expect(readdirSync(folder)).toEqual(['shell'])
})
