import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemDisk } from '../../../shared/disk.js'
import { poolTripsOf } from '../../support/pool-trips.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

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
    // Folders of /proc can be opened, but not synced.
    await expect(systemDisk.syncFolder('/proc/sys')).rejects.toMatchObject({ code: 'EINVAL' })
    expect(openPaths()).not.toContain('/proc/sys')
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
