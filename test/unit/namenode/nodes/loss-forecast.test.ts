import { expect, it } from 'vitest'
import type { ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'
import { as, ROOT } from '../namespace/namespace-fixture.js'

let cluster: ScriptedCluster
scriptedClusterForEach(async (it) => {
  cluster = it
  await cluster.join('a', 'b', 'c')
})

const forecast = (name: string, call = ROOT) => cluster.management.lossForecasts.of(call, name)

it('tells what would be lost with a node, and what could not be copied', async () => {
  await cluster.store(['a', 'b'])
  const everywhere = await cluster.store(['a', 'b', 'c'])
  await cluster.store(['a'])
  expect(await forecast('a')).toMatchObject({
    ...{ node: 'a', otherLiveNodes: 2, checkedBlocks: 3, isComplete: true },
    ...{ lostBlocks: 1, stuckBlocks: 1, stuckExample: everywhere.id },
  })
  await cluster.join('d')
  expect(await forecast('a')).toMatchObject({ otherLiveNodes: 3, lostBlocks: 1, stuckBlocks: 0 })
  expect(await forecast('d')).toMatchObject({ checkedBlocks: 0, lostBlocks: 0, stuckBlocks: 0 })
})

it('counts a node that is full as no place, and a surplus replica as one that is not missed', async () => {
  await cluster.join({ name: 'tiny', capacityBytes: 10 })
  const { id } = await cluster.store(['a', 'b', 'c'])
  expect(await forecast('a')).toMatchObject({ stuckBlocks: 1 })
  cluster.namespace.change(id, { replication: 2 })
  expect(await forecast('a')).toMatchObject({ lostBlocks: 0, stuckBlocks: 0 })
})

it('is for superusers, and about a node that is there', async () => {
  await expect(forecast('a', as('bob'))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await expect(forecast('x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
