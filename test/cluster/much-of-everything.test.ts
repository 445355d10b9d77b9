/** Much of everything: a file of ten thousand blocks, and a deleted tree of a hundred thousand files. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type Fixture,
  openFixture,
  ROOT,
  refusal,
  writeFile,
} from '../unit/namenode/namespace/namespace-fixture.js'
import { checkStore } from '../unit/namenode/namespace/store-checks.js'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture({ minBlockSizeBytes: 100 })
})
afterEach(() => fixture.dispose())

it('a file of 10,000 blocks is read, shortened and deleted', async () => {
  const { namespace } = fixture
  // Written side by side, so that their commits are shared, and then joined.
  const lengths = Array.from({ length: 100 }, (_, index) => 1000 - index)
  const names = Array.from({ length: 100 }, (_, index) => `/d/${String(index).padStart(3, '0')}`)
  await Promise.all(names.map((it) => writeFile(namespace, it, lengths)))
  const [target = '', ...sources] = names
  await namespace.concat(ROOT, { target, sources })
  const eachBytes = lengths.reduce((sum, it) => sum + it, 0)
  const { status, blocks } = namespace.fileBlocks(ROOT, target, 0, Number.MAX_SAFE_INTEGER)
  expect(status.lengthBytes).toBe(100 * eachBytes)
  expect(blocks).toHaveLength(10_000)
  expect(blocks[7_777]?.offsetBytes).toBe(
    77 * eachBytes + lengths.slice(0, 77).reduce((sum, it) => sum + it, 0),
  )
  // Asked for one byte in the middle, one block comes.
  const middle = namespace.fileBlocks(ROOT, target, 50 * eachBytes, 1).blocks
  expect(middle.map((it) => it.index)).toEqual([5_000])
  const boundary = 33 * eachBytes
  await namespace.truncate(ROOT, { path: target, newLengthBytes: boundary, holder: 'H1' })
  expect(namespace.totals()).toMatchObject({ blocks: 3_300, lengthBytes: boundary })
  await namespace.delete(ROOT, { path: target, recursive: false })
  expect(namespace.status(ROOT, target)).toBeUndefined()
  while (await namespace.purgeDeletedTrees(500)) expect(namespace.totals().files).toBe(0)
  expect(namespace.totals().blocks).toBe(0)
  checkStore(fixture.folder)
}, 120_000)

it('a deleted tree of 100,000 files is taken apart between the changes of others', async () => {
  const { namespace } = fixture
  const FILES = 100_000
  const AT_ONCE = 1_000
  const file = {
    permission: 0o644,
    holder: 'H1',
    create: true,
    overwrite: false,
    createParent: true,
    replication: 3,
    blockSizeBytes: 1000,
  }
  for (let first = 0; first < FILES; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index)
    await Promise.all(
      numbers.map((it) =>
        namespace.create(ROOT, { ...file, path: `/tree/${first}/${it % 7}/${it}` }),
      ),
    )
  }
  expect(namespace.contentSummary(ROOT, '/tree').fileCount).toBe(FILES)
  expect(await namespace.delete(ROOT, { path: '/tree', recursive: true })).toBe(true)
  // Gone for everybody at once, in one edit.
  expect(namespace.status(ROOT, '/tree')).toBeUndefined()
  expect(await refusal(() => namespace.contentSummary(ROOT, '/tree'))).toContain('NOT_FOUND')
  expect(namespace.contentSummary(ROOT, '/').fileCount).toBe(0)
  let slices = 0
  let others = 0
  let isPurging = true
  const other = async () => {
    while (isPurging) {
      await namespace.mkdirs(ROOT, {
        path: `/other/${others}`,
        permission: 0o755,
        createParent: true,
      })
      others += 1
    }
  }
  const running = other()
  while (await namespace.purgeDeletedTrees(500)) slices += 1
  isPurging = false
  await running
  expect(slices).toBeGreaterThan(FILES / 500)
  // Whoever comes gets the next turn, not the end of the queue.
  expect(others).toBeGreaterThan(slices / 2)
}, 240_000)
