import { expect, it } from 'vitest'
import { datanodeUuid } from '../../../../shared/ids.js'
import { HEARTBEAT_MS, type ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster

scriptedClusterForEach((it) => {
  cluster = it
})

/** Names of the nodes that twenty writers are offered. */
function offered(replicas: number): string[] {
  const names = Array.from({ length: 20 }, () =>
    cluster.management.blockManager.chooseTargets({
      replicas,
      blockSizeBytes: 1,
      writerAddress: '',
      excluded: new Set(),
      existing: [],
    }),
  )
  return [...new Set(names.flat().map(({ datanode }) => String(datanode.uuid)))].sort()
}

it('a node that a writer lost is offered to nobody until it is heard of', async () => {
  await cluster.join('a', 'b', 'c', 'd')
  expect(offered(3)).toEqual(['a', 'b', 'c', 'd'])
  cluster.management.blockManager.writerLost([datanodeUuid('b')])
  expect(offered(3)).toEqual(['a', 'c', 'd'])
  await cluster.pass(HEARTBEAT_MS)
  expect(offered(3)).toEqual(['a', 'b', 'c', 'd'])
})

it('a node that a writer lost is offered when there are not enough others', async () => {
  await cluster.join('a', 'b', 'c')
  cluster.management.blockManager.writerLost([datanodeUuid('b')])
  expect(offered(2)).toEqual(['a', 'c'])
  expect(offered(3)).toEqual(['a', 'b', 'c'])
})
