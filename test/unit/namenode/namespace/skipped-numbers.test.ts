import { expect, it } from 'vitest'
import { type Fixture, openFileWithBlock, ROOT } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach((it) => {
  fixture = it
})

it('numbers that a datanode holds are never given out, also not after a restart', async () => {
  const first = await openFileWithBlock(fixture.namespace, '/before')
  const held = { blockId: first.block.id + 500, generationStamp: first.block.generationStamp + 90 }
  await fixture.namespace.skipNumbers(held)
  await fixture.reopen()
  const { block } = await openFileWithBlock(fixture.namespace, '/after')
  expect(block.id).toBeGreaterThan(held.blockId)
  expect(block.generationStamp).toBeGreaterThan(held.generationStamp)
})

it('numbers that were given out are no news, and cost no edit', async () => {
  const { block } = await openFileWithBlock(fixture.namespace, '/a')
  const before = fixture.namespace.lastTransactionId()
  await fixture.namespace.skipNumbers({ blockId: block.id, generationStamp: block.generationStamp })
  expect(fixture.namespace.lastTransactionId()).toBe(before)
})

it('a datanode that holds impossible numbers does not use up all others', async () => {
  const { block } = await openFileWithBlock(fixture.namespace, '/a')
  const { namespace } = fixture
  await namespace.skipNumbers({ blockId: 2 ** 53 - 1, generationStamp: 2 ** 53 - 1 })
  const stamp = await namespace.reserveGenerationStamp(ROOT, { block, holder: 'H1' })
  expect(stamp).toBeLessThan(block.generationStamp + 1000)
})
