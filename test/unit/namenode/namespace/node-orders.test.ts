import { expect, it } from 'vitest'
import { datanodeUuid } from '../../../../shared/ids.js'
import { as, type Fixture, ROOT, refusal } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture

namespaceForEach((it) => {
  fixture = it
})

const A = datanodeUuid('a')
const B = datanodeUuid('b')

it('orders for datanodes are kept over a restart, replaced and taken back', async () => {
  const { namespace } = fixture
  await namespace.orderNode(ROOT, { node: A, order: { kind: 'decommission' } })
  await namespace.orderNode(ROOT, { node: B, order: { kind: 'maintenance', untilMs: 7 } })
  await fixture.reopen()
  expect([...fixture.namespace.nodeOrders()]).toEqual([
    [A, { kind: 'decommission' }],
    [B, { kind: 'maintenance', untilMs: 7 }],
  ])
  await fixture.namespace.orderNode(ROOT, { node: A, order: { kind: 'maintenance', untilMs: 9 } })
  await fixture.namespace.orderNode(ROOT, { node: B, order: undefined })
  expect([...fixture.namespace.nodeOrders()]).toEqual([[A, { kind: 'maintenance', untilMs: 9 }]])
})

it('the same order again is no edit', async () => {
  const order = { node: A, order: { kind: 'decommission' } } as const
  await fixture.namespace.orderNode(ROOT, order)
  const before = fixture.namespace.lastTransactionId()
  await fixture.namespace.orderNode(ROOT, order)
  expect(fixture.namespace.lastTransactionId()).toBe(before)
})

it('only a superuser orders', async () => {
  const order = { node: A, order: { kind: 'decommission' } } as const
  expect(await refusal(fixture.namespace.orderNode(as('bob'), order))).toBe(
    'PERMISSION_DENIED: Access denied for user bob. Superuser privilege is required for operation refreshNodes',
  )
})
