import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { WindowMemory } from '../../../datanode/blocks/window-memory.js'
import { closeNow, writeFully, writeSome } from '../../../shared/descriptors.js'
import { DIRECT_UNIT_BYTES } from '../../../shared/direct-writes.js'
import { type DiskFile, systemDisk } from '../../../shared/disk.js'
import { SystemFile } from '../../../shared/system-file.js'
import { poolTripsOf } from '../../support/pool-trips.js'
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

describe('a file that is written', () => {
  it('holds what was written, where it was written, and is cut', async () => {
    const path = join(temporaryFolder(), 'new')
    const file = await systemDisk.open(path, 'create-new')
    await file.write(CONTENT, 1000, 3000, 0)
    await file.write(CONTENT, 0, 100, 1000)
    await file.write(CONTENT, 0, 0, 9000)
    await file.sync()
    expect(await file.sizeBytes()).toBe(3000)
    await file.truncate(1100)
    const buffer = Buffer.alloc(3000)
    expect(await file.read(buffer, 0, 3000, 0)).toBe(1100)
    await file.close()
    const expected = [CONTENT.subarray(1000, 2000), CONTENT.subarray(0, 100)]
    expect(readFileSync(path).equals(Buffer.concat(expected))).toBe(true)
    expect(buffer.subarray(0, 1100).equals(Buffer.concat(expected))).toBe(true)
  })

  it('goes on where the system took less than all', async () => {
    const path = join(temporaryFolder(), 'new')
    const descriptor = openSync(path, 'w')
    const takesLess: typeof writeSome = (file, buffer, offset, lengthBytes, position) =>
      writeSome(file, buffer, offset, Math.min(lengthBytes, 700), position)
    await writeFully(descriptor, CONTENT, 100, 4900, 10, takesLess)
    closeSync(descriptor)
    expect(readFileSync(path).subarray(10).equals(CONTENT.subarray(100))).toBe(true)
  })

  it('fails where the system takes nothing', async () => {
    const takesNothing = () => Promise.resolve(0)
    const writing = writeFully(2 ** 30, CONTENT, 0, 1000, 0, takesNothing)
    await expect(writing).rejects.toMatchObject({ code: 'IO' })
  })

  it('is closed once, after the writes that are under way, and changed no more', async () => {
    const path = fileWith(Buffer.alloc(0))
    const file = await systemDisk.open(path, 'read-write')
    const order: string[] = []
    const writing = file.write(CONTENT, 0, 5000, 0).then(() => order.push('written'))
    const closing = Promise.all([file.close(), file.close()]).then(() => order.push('closed'))
    const refused = { code: 'INTERNAL' }
    await expect(file.write(CONTENT, 0, 1, 0)).rejects.toMatchObject(refused)
    await expect(file.truncate(0)).rejects.toMatchObject(refused)
    await expect(file.sync()).rejects.toMatchObject(refused)
    await Promise.all([writing, closing])
    expect(order).toEqual(['written', 'closed'])
    expect(readFileSync(path).equals(CONTENT)).toBe(true)
    expect(isOpen(path)).toBe(false)
  })

  it('lets go of both of its descriptors', async () => {
    const path = join(temporaryFolder(), 'new')
    const file = await systemDisk.open(path, 'create-new')
    const window = new WindowMemory(16 * DIRECT_UNIT_BYTES, 16).take()
    if (window === undefined) throw new Error('there is no aligned memory')
    await file.write(window, 0, DIRECT_UNIT_BYTES, 0, 'past-cache')
    expect(isOpen(path)).toBe(true)
    await file.close()
    expect(isOpen(path)).toBe(false)
  })

  it('can be closed after a call that never began', async () => {
    const file = await systemDisk.open(fileWith(CONTENT), 'read')
    await expect(file.read(Buffer.alloc(1), 0, 2, 0)).rejects.toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
    })
    await file.close()
  })

  it('says what the system says', async () => {
    const path = fileWith(CONTENT)
    await expect(systemDisk.open(path, 'create-new')).rejects.toMatchObject({ code: 'EEXIST' })
    const file = await systemDisk.open(path, 'read-write')
    await expect(file.truncate(2 ** 52)).rejects.toMatchObject({ code: 'EFBIG' })
    await file.close()
  })
})

describe('closing', () => {
  const open = (path: string) => systemDisk.open(path, 'read-write')

  it.each([
    ['was only read', async (file: DiskFile) => void (await file.read(Buffer.alloc(9), 0, 9, 0))],
    ['was synced after it was written', synced],
  ])('needs no thread of the pool for what %s', async (_, use) => {
    const path = fileWith(CONTENT)
    const file = await open(path)
    await use(file)
    expect(await poolTripsOf(() => file.close())).toBe(0)
    expect(isOpen(path)).toBe(false)
  })

  it.each([
    ['was written after the last sync', writtenOn],
    ['was cut after the last sync', async (file: DiskFile) => file.truncate(10)],
    ['was written while it was being synced', writtenMeanwhile],
    ['is large', largeAndSynced],
  ])('may wait, so it leaves to the pool what %s', async (_, use) => {
    const path = fileWith(CONTENT)
    const file = await open(path)
    await use(file)
    expect(await poolTripsOf(() => file.close())).toBe(1)
    expect(isOpen(path)).toBe(false)
  })

  it('leaves to the pool what has no name any more', async () => {
    const path = fileWith(CONTENT)
    const file = await systemDisk.open(path, 'read')
    rmSync(path)
    expect(await poolTripsOf(() => file.close())).toBe(1)
    expect(isOpen(`${path} (deleted)`)).toBe(false)
  })

  it('tells what the system says', async () => {
    await expect(closeNow(2 ** 30)).rejects.toMatchObject({ code: 'EBADF' })
    const file = new SystemFile(2 ** 30, 'read')
    await expect(file.close()).rejects.toMatchObject({ code: 'EBADF' })
  })
})

async function synced(file: DiskFile): Promise<void> {
  await file.write(CONTENT, 0, 100, 0)
  await file.sync()
}

async function writtenOn(file: DiskFile): Promise<void> {
  await synced(file)
  await file.write(CONTENT, 0, 100, 0)
}

async function writtenMeanwhile(file: DiskFile): Promise<void> {
  await Promise.all([file.sync(), file.write(CONTENT, 0, 100, 0)])
}

async function largeAndSynced(file: DiskFile): Promise<void> {
  await file.write(CONTENT, 0, 100, 1024 * 1024)
  await file.sync()
}
