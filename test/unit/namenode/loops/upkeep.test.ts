import { describe, expect, it } from 'vitest'
import { ScriptedCluster } from '../../../support/scripted-cluster.js'

describe('background upkeep', () => {
  it('purges deleted trees until none is left and prunes old answers', async () => {
    const cluster = await ScriptedCluster.start()
    try {
      await cluster.clock.advance(1_000)
      expect(cluster.namespace.purged).toBe(3)
      await cluster.clock.advance(61_000)
      expect(cluster.namespace.prunedBeforeMs).toBeLessThanOrEqual(cluster.clock.wallMs() - 600_000)
    } finally {
      await cluster.close()
    }
  })

  it('finds by the audit what no event told of', async () => {
    const cluster = await ScriptedCluster.start()
    try {
      const block = cluster.namespace.addBlock({ replication: 1 })
      expect(cluster.management.missingBlocksAfter(0, 10)).toEqual([])
      await cluster.clock.advance(130_000)
      expect(cluster.management.missingBlocksAfter(0, 10)).toEqual([block.id])
    } finally {
      await cluster.close()
    }
  })

  it('leaves no timer behind when closed', async () => {
    const cluster = await ScriptedCluster.start()
    await cluster.join('a')
    await cluster.store(['a'])
    await cluster.close()
    expect(cluster.clock.pendingTimers).toBe(0)
  })
})
