/** A disk that is slow compared with the others gets new blocks, and readers, when nothing else can have them. */
import { describe, expect, it } from 'vitest'
import { datanodeUuid } from '../../../../shared/ids.js'
import { ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

const MINUTE_MS = 60_000
const SLOW = { write: { calls: 50, meanMs: 250 } }
const USUAL = { write: { calls: 50, meanMs: 2 } }
/** Longer than the pause between two comparisons. */
const REVIEW_MS = 4_000

let cluster: ScriptedCluster

scriptedClusterForEach(async (it) => {
  cluster = it
  await joined(cluster)
})

/** Four nodes, of which `b` is slow. */
async function joined(of: ScriptedCluster): Promise<void> {
  await of.join('a', 'b', 'c', { name: 'd', port: 9100 })
  for (const [name, node] of of.datanodes) node.latencies = name === 'b' ? SLOW : USUAL
  await of.pass(REVIEW_MS)
}

/** The nodes that twenty writers are offered. */
function offered(replicas: number, of = cluster, blockSizeBytes = 1): string {
  const placed = Array.from({ length: 20 }, () =>
    of.management.blockManager.chooseTargets({
      ...{ replicas, blockSizeBytes, writerAddress: '' },
      ...{ excluded: new Set(), existing: [] },
    }),
  )
  return [...new Set(placed.flat().map(({ datanode }) => datanode.uuid))].sort().join('')
}

const told = () =>
  cluster.management.status.slowStorages().map((it) => [it.datanodeUuid, it.isAvoided])

describe('a slow disk', () => {
  it('gets no new blocks while others can take them', () => {
    expect(told()).toEqual([['b', true]])
    expect(offered(3)).toBe('acd')
    expect(offered(4)).toBe('abcd')
  })

  it('gets them when nothing else has room', async () => {
    await cluster.join({ name: 'e', port: 9200, capacityBytes: 2_000_000 })
    expect(offered(1, cluster, 1_500_000)).toBe('e')
    cluster.node('e').latencies = SLOW
    cluster.node('b').latencies = USUAL
    await cluster.pass(REVIEW_MS)
    expect(told()[0]).toEqual(['e', true])
    expect(offered(1, cluster, 1_500_000)).toBe('e')
  })

  it('gets them again a minute after it was slow last', async () => {
    cluster.node('b').latencies = USUAL
    await cluster.pass(MINUTE_MS - 3 * REVIEW_MS)
    expect(offered(3)).toBe('acd')
    await cluster.pass(5 * REVIEW_MS)
    expect(told()).toEqual([])
    expect(offered(3)).toBe('abcd')
  })

  it('is where no copy goes, unless there is no other place', async () => {
    const block = await cluster.store(['a', 'c'], { replication: 2 })
    cluster.silent.add('a')
    await cluster.pass(30_000)
    expect(cluster.holders(block.id)).toEqual(['a', 'c', 'd'])
    cluster.silent.add('d')
    await cluster.pass(30_000)
    expect(cluster.holders(block.id)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is read last, even from beside it', async () => {
    const block = await cluster.store(['a', 'b', 'c'])
    const { replicas } = cluster.management.blockManager.locate(block, '127.0.0.1')
    expect(replicas.map((it) => it.datanode.uuid).at(-1)).toBe(datanodeUuid('b'))
  })
})

it('a slow disk is told and used like any other where the settings say so', async () => {
  const other = await ScriptedCluster.start({ config: { avoidSlowStorages: false } })
  try {
    await joined(other)
    expect(other.management.status.slowStorages()).toMatchObject([
      { storageId: 'DS-b', isAvoided: false },
    ])
    expect(offered(3, other)).toBe('abcd')
  } finally {
    await other.close()
  }
})
