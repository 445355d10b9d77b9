/** Numbers and texts that no honest client sends: refused alone, and the next good request works. */
import { afterEach, expect, it } from 'vitest'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach(async (it) => {
  fixture = it
  await writeFile(fixture.namespace, '/f', [10])
})

afterEach(async () => {
  expect(
    await fixture.namespace.mkdirs(ROOT, { path: '/good', permission: 0o755, createParent: true }),
  ).toBe(true)
})

const LONG = 'x'.repeat(256)
const HUGE = 2 ** 64

it.each<[string, (f: Fixture) => Promise<unknown>, string]>([
  [
    'a block size beyond sense',
    ({ namespace: n }) => n.create(ROOT, createArguments('/n', { blockSizeBytes: 2 ** 52 })),
    'IO: Specified block size',
  ],
  [
    'a broken block size',
    ({ namespace: n }) => n.create(ROOT, createArguments('/n', { blockSizeBytes: Number.NaN })),
    'IO: Specified block size',
  ],
  [
    'half a replica',
    ({ namespace: n }) => n.create(ROOT, createArguments('/n', { replication: 1.5 })),
    'IO: Requested replication',
  ],
  [
    'a long client name',
    ({ namespace: n }) => n.create(ROOT, createArguments('/n', { holder: LONG })),
    'ILLEGAL_ARGUMENT: The client name has 256',
  ],
  [
    'a long client name to append',
    ({ namespace: n }) => n.append(ROOT, { path: '/f', holder: LONG, newBlock: false }),
    'ILLEGAL_ARGUMENT: The client name',
  ],
  [
    'a long user',
    ({ namespace: n }) => n.mkdirs(as(LONG), { path: '/n', permission: 0, createParent: true }),
    'ILLEGAL_ARGUMENT: The user name',
  ],
  [
    'a long owner',
    ({ namespace: n }) => n.setOwner(ROOT, { path: '/f', owner: LONG, group: undefined }),
    'ILLEGAL_ARGUMENT: The user name',
  ],
  [
    'a NUL in a group',
    ({ namespace: n }) => n.setOwner(ROOT, { path: '/f', owner: undefined, group: 'a\0b' }),
    'ILLEGAL_ARGUMENT: The group name',
  ],
  [
    'a time beyond 2^53',
    ({ namespace: n }) =>
      n.setTimes(ROOT, { path: '/f', modificationTimeMs: HUGE, accessTimeMs: 0 }),
    'ILLEGAL_ARGUMENT: The modification time',
  ],
])('%s', async (_name, attempt, expected) => {
  expect(await refusal(attempt(fixture))).toContain(expected)
})

it('claims of space that would overflow the sums of everybody', async () => {
  const { namespace } = fixture
  const blockSizeBytes = 2 ** 40
  const { id } = await namespace.create(
    ROOT,
    createArguments('/liar', { blockSizeBytes, replication: 512 }),
  )
  const reference = { path: '/liar', fileId: id, holder: 'H1' }
  let previous: Parameters<typeof namespace.allocateBlock>[1]['previous']
  const claimed: string[] = []
  for (let index = 0; index < 2100 && claimed.length === 0; index += 1) {
    try {
      const { block } = await namespace.allocateBlock(ROOT, { ...reference, previous })
      previous = {
        id: block.id,
        generationStamp: block.generationStamp,
        lengthBytes: blockSizeBytes,
      }
    } catch (error) {
      claimed.push(String(error))
    }
  }
  expect(claimed[0]).toContain('The namespace would claim more than')
}, 60_000)

it('an idle namespace writes nothing', async () => {
  const before = fixture.namespace.lastTransactionId()
  await fixture.namespace.pruneRequests(fixture.clock.nowMs)
  await fixture.namespace.purgeDeletedTrees(100)
  await fixture.namespace.forgetDeletedBlocks([])
  expect(fixture.namespace.lastTransactionId()).toBe(before)
})
