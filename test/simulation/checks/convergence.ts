/** I13: after the faults have stopped, in bounded time everything is as it should be, and stays so. */
import type { DatanodeProcess } from '../world/datanode-process.js'
import type { World } from '../world/world.js'
import { describeReplica } from './invariants.js'
import { isWhole, replicasOnDisks, temporaryFiles } from './replicas.js'
import { SUPERUSER_CALL } from './superuser.js'

const ALL = 1_000_000

/** What is not yet as it should be; empty when all is well. */
export function unfinishedBusiness(world: World): string[] {
  const { serving } = world.namenode
  if (serving === undefined) return ['no namenode serves']
  const { namespace, services, management } = serving
  const readiness = services.safeMode.readiness()
  if (readiness.kind === 'safe-mode') return [`safe mode: ${readiness.reason}`]
  const unfinished: string[] = []
  for (const { path } of namespace.openFilesAfter(0, ALL)) unfinished.push(`${path} is open`)
  const deleted = namespace.deletedBlocksAfter(0, ALL).length
  if (deleted > 0) unfinished.push(`${deleted} deleted blocks are remembered`)
  const missing = management.missingBlocksAfter(0, ALL)
  if (missing.length > 0) unfinished.push(`blocks ${missing.join(', ')} are missing`)
  unfinished.push(...misplacedReplicas(world))
  const { pendingMoves, policyRequests } = management.movement()
  if (pendingMoves > 0) unfinished.push(`${pendingMoves} blocks are on their way`)
  if (policyRequests > 0) unfinished.push(`${policyRequests} policies are to be satisfied`)
  for (const datanode of world.datanodes) {
    const left = temporaryFiles(datanode)
    if (left.length > 0) unfinished.push(`${datanode.name} has left ${left.join(', ')}`)
    if (datanode.node === undefined) unfinished.push(`${datanode.name} is not up`)
    const load = datanode.node?.health().commands
    if (load !== undefined && load.running + load.waiting > 0) {
      unfinished.push(`${datanode.name} is at work`)
    }
  }
  return unfinished
}

const racksOf = (nodes: Iterable<DatanodeProcess>) => new Set([...nodes].map((it) => it.rack))

/** Blocks with more or fewer good replicas than wanted, or all on one rack, and replicas of no block. */
function misplacedReplicas(world: World): string[] {
  const namespace = world.namenode.serving?.namespace
  if (namespace === undefined) return []
  const found: string[] = []
  const onDisks = replicasOnDisks(world.datanodes)
  const racks = racksOf(world.datanodes).size
  for (const record of namespace.blocksAfter(0, ALL)) {
    const replicas = onDisks.get(record.id) ?? []
    onDisks.delete(record.id)
    const good = replicas.filter(
      (it) =>
        it.state === 'meta' &&
        it.data.length === record.lengthBytes &&
        it.generationStamp === record.generationStamp &&
        isWhole(it),
    )
    const wanted = Math.min(record.replication, world.datanodes.length)
    const nodes = new Set(good.map((it) => it.datanode))
    const isComplete = good.length === wanted && replicas.length === wanted && nodes.size === wanted
    const isSpread = racksOf(nodes).size >= Math.min(wanted, 2, racks)
    if (record.state === 'committed' && isComplete && isSpread) continue
    found.push(
      `block ${record.id} (${record.state}, stamp ${record.generationStamp}, ${record.lengthBytes} bytes) ` +
        `wants ${wanted} replicas and has ${replicas.map(describeReplica).join(', ') || 'none'}`,
    )
  }
  for (const replicas of onDisks.values()) {
    for (const replica of replicas) {
      found.push(`block ${replica.blockId} is nobody's: ${describeReplica(replica)}`)
    }
  }
  return found
}

/** The namenode's own strict check of itself. */
export async function strictComplaints(world: World): Promise<string[]> {
  const { serving } = world.namenode
  if (serving === undefined) return ['no namenode serves']
  const complaints: string[] = []
  const items = serving.management.fsck.check(SUPERUSER_CALL, { path: '/', strict: true })
  for await (const item of items) {
    if (item.kind === 'violation') {
      complaints.push(`${item.invariant}: ${item.path}: ${item.message}`)
    }
    if (item.kind === 'summary' && !item.isHealthy) complaints.push('fsck: not healthy')
  }
  return complaints
}
