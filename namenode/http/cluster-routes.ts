/** The state of the cluster as JSON, for scripts and our own commands. */
import type { FastifyInstance } from 'fastify'
import type { DatanodeView } from '../service/blocks/block-manager.js'
import type { NamenodeServices } from '../service/services.js'

export function registerClusterRoutes(app: FastifyInstance, services: NamenodeServices): void {
  app.get('/api/v1/cluster', () => clusterState(services))
}

function clusterState({
  namespace,
  blockManager,
  safeMode,
  config,
  movement,
}: NamenodeServices): object {
  const { clusterId, blockPoolId, epoch, createdMs } = namespace.identity
  const readiness = safeMode.readiness()
  return {
    clusterId,
    blockPoolId,
    epoch,
    createdAt: new Date(createdMs).toISOString(),
    writes:
      readiness.kind === 'ready' ? { ready: true } : { ready: false, reason: readiness.reason },
    defaults: { blockSizeBytes: config.blockSizeBytes, replication: config.replication },
    namespace: { ...namespace.totals(), lastTransactionId: namespace.lastTransactionId() },
    keptForUndo: namespace.deletionTotals(),
    statistics: blockManager.statistics(),
    movement: movement(),
    datanodes: blockManager.datanodes().map(describe),
  }
}

function describe({ lastHeartbeatWallMs, ...node }: DatanodeView): object {
  return { ...node, lastHeartbeatAt: new Date(lastHeartbeatWallMs).toISOString() }
}
