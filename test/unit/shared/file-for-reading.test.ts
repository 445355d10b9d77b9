import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemDisk } from '../../../shared/disk.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251))

function fileWith(content: Uint8Array): string {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, content)
  return path
}

function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((name) => {
    try {
      return readlinkSync(join('/proc/self/fd', name)) === path
    } catch {
      // Closed meanwhile.
      return false
    }
  })
}

describe('a file that is only read', () => {
  it('gives what is there, and fewer bytes only at its end', async () => {
    const file = await systemDisk.open(fileWith(CONTENT), 'read')
    const buffer = Buffer.alloc(5000)
    expect(await file.read(buffer, 100, 1000, 2000)).toBe(1000)
    expect(buffer.subarray(100, 1100).equals(CONTENT.subarray(2000, 3000))).toBe(true)
    expect(await file.read(buffer, 0, 1000, 4600)).toBe(400)
    expect(await file.read(buffer, 0, 1000, 9000)).toBe(0)
    expect(await file.sizeBytes()).toBe(5000)
    await file.close()
  })

  it('cannot be changed', async () => {
    const file = await systemDisk.open(fileWith(CONTENT), 'read')
    const refused = { code: 'INTERNAL' }
    await expect(file.write(Buffer.alloc(1), 0, 1, 0)).rejects.toMatchObject(refused)
    await expect(file.truncate(0)).rejects.toMatchObject(refused)
    await expect(file.sync()).rejects.toMatchObject(refused)
    await file.close()
  })

  it('is closed once, after the reads that are under way, and read no more', async () => {
    const path = fileWith(CONTENT)
    const file = await systemDisk.open(path, 'read')
    const order: string[] = []
    const buffer = Buffer.alloc(6000)
    // More than there is: it has to ask the system twice.
    const reading = file.read(buffer, 0, 6000, 0).then(() => order.push('read'))
    const closing = Promise.all([file.close(), file.close()]).then(() => order.push('closed'))
    await expect(file.read(buffer, 0, 1, 0)).rejects.toMatchObject({ code: 'INTERNAL' })
    await Promise.all([reading, closing])
    expect(order).toEqual(['read', 'closed'])
    expect(buffer.subarray(0, 5000).equals(CONTENT)).toBe(true)
    expect(isOpen(path)).toBe(false)
  })

  it('says what the system says', async () => {
    const folder = temporaryFolder()
    await expect(systemDisk.open(join(folder, 'none'), 'read')).rejects.toMatchObject({
      code: 'ENOENT',
    })
    mkdirSync(join(folder, 'folder'))
    await expect(systemDisk.open(join(folder, 'folder'), 'read')).rejects.toMatchObject({
      code: 'BLOCK_CORRUPT',
    })
    expect(isOpen(join(folder, 'folder'))).toBe(false)
  })
})
