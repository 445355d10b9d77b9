import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WindowMemory } from '../../../datanode/blocks/window-memory.js'
import { DIRECT_UNIT_BYTES, DirectWrites } from '../../../shared/direct-writes.js'
import { systemDisk } from '../../../shared/disk.js'
import { content } from '../../support/content.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const UNIT = DIRECT_UNIT_BYTES
const memory = new WindowMemory(16 * UNIT, 16)

function alignedBytes(seed: number): Buffer {
  const window = memory.take()
  if (window === undefined) throw new Error('there is no aligned memory')
  window.set(content(seed, window.length))
  return window
}

async function openDirect(path: string): Promise<DirectWrites> {
  const handle = await open(path, 'w+')
  const direct = new DirectWrites(handle.fd)
  onTestFinished(async () => {
    await direct.close()
    await handle.close()
  })
  return direct
}

it('whole pages of aligned memory go past the cache, and are there for whoever reads', async () => {
  const path = join(temporaryFolder(), 'f')
  const direct = await openDirect(path)
  const bytes = alignedBytes(1)
  expect(await direct.write(bytes, 0, 3 * UNIT, UNIT)).toBe(3 * UNIT)
  expect(
    readFileSync(path)
      .subarray(UNIT)
      .equals(bytes.subarray(0, 3 * UNIT)),
  ).toBe(true)
})

it.each([
  ['a position within a page', 0, UNIT, 1],
  ['a length that ends within a page', 0, UNIT + 1, 0],
  ['memory that begins within a page', 512, UNIT, 0],
])('%s is left to the cache', async (_, offset, lengthBytes, position) => {
  const direct = await openDirect(join(temporaryFolder(), 'f'))
  expect(await direct.write(alignedBytes(1), offset, lengthBytes, position)).toBe(0)
})

it('a system that cannot is asked once', async () => {
  // No process has so many open: what is to be opened is not there, as /proc is elsewhere.
  const direct = new DirectWrites(2 ** 30)
  expect(await direct.write(alignedBytes(1), 0, UNIT, 0)).toBe(0)
  expect(await direct.write(alignedBytes(1), 0, UNIT, 0)).toBe(0)
  await direct.close()
})

it('both ways into one file can be mixed, each over what the other wrote', async () => {
  const path = join(temporaryFolder(), 'f')
  const file = await systemDisk.open(path, 'create-new')
  const expected = Buffer.alloc(40 * UNIT)
  const steps = [
    { position: 0, length: 5000, route: 'cached' },
    { position: UNIT, length: 8 * UNIT, route: 'past-cache' },
    { position: 9 * UNIT, length: 100, route: 'cached' },
    { position: 9 * UNIT, length: 2 * UNIT, route: 'past-cache' },
    { position: 2 * UNIT, length: 700, route: 'past-cache' },
    { position: 11 * UNIT, length: 12 * UNIT, route: 'past-cache' },
  ] as const
  let end = 0
  for (const [seed, { position, length, route }] of steps.entries()) {
    const bytes = alignedBytes(seed)
    await file.write(bytes, 0, length, position, route)
    expected.set(bytes.subarray(0, length), position)
    end = Math.max(end, position + length)
    expect(readFileSync(path).equals(expected.subarray(0, end))).toBe(true)
  }
  await file.close()
})
