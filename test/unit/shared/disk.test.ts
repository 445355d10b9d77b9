import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { systemDisk } from '../../../shared/disk.js'
import { poolTripsOf } from '../../support/pool-trips.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const system = vi.hoisted(() => ({ failsToSync: false }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const fsync = (descriptor: number, answer: (error: Error | null) => void) => {
    if (system.failsToSync) answer(Object.assign(new Error('made to fail'), { code: 'EIO' }))
    else fs.fsync(descriptor, answer)
  }
  return { ...fs, fsync }
})

beforeEach(() => {
  system.failsToSync = false
})

const openPaths = () =>
  readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(join('/proc/self/fd', name))]
    } catch {
      // Closed meanwhile.
      return []
    }
  })

describe('syncing a folder', () => {
  it('takes one trip to the thread pool, and leaves nothing open', async () => {
    const folder = temporaryFolder()
    expect(await poolTripsOf(() => systemDisk.syncFolder(folder))).toBe(1)
    expect(openPaths()).not.toContain(folder)
  })

  it('closes the folder when the sync fails', async () => {
    const folder = temporaryFolder()
    system.failsToSync = true
    await expect(systemDisk.syncFolder(folder)).rejects.toMatchObject({ code: 'EIO' })
    expect(openPaths()).not.toContain(folder)
  })

  it('rejects where there is no folder', async () => {
    const folder = temporaryFolder()
    const none = systemDisk.syncFolder(join(folder, 'none'))
    await expect(none).rejects.toMatchObject({ code: 'ENOENT' })
    writeFileSync(join(folder, 'file'), '')
    const file = systemDisk.syncFolder(join(folder, 'file'))
    await expect(file).rejects.toMatchObject({ code: 'ENOTDIR' })
    mkdirSync(join(folder, 'folder'))
    await systemDisk.syncFolder(join(folder, 'folder'))
  })
})
