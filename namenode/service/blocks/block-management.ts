/** The parts of block management, built in the order in which they need each other; no loop runs yet. */
import { dirname, join } from 'node:path'
import type { BlockId } from '../../../shared/ids.js'
import type { Seams } from '../../../shared/seams.js'
import { ShutdownStack } from '../../../shared/shutdown-stack.js'
import type { NamenodeConfig } from '../../config.js'
import { LeaseRecoveryService } from '../files/lease-recovery.js'
import { ReplicaWaiters } from '../files/replica-waiters.js'
import { Fsck } from '../inspection/fsck.js'
import { buildBlockMovement } from '../movement/block-movement.js'
import type { Namespace } from '../namespace/namespace.js'
import type { ClusterNode } from '../nodes/cluster-node.js'
import { ControlPlane } from '../nodes/control-plane.js'
import { LivenessReview } from '../nodes/liveness-review.js'
import { LossForecasts } from '../nodes/loss-forecast.js'
import { NodeForgetting } from '../nodes/node-forgetting.js'
import { RackResolver, type RackResolverOptions } from '../nodes/rack-resolver.js'
import { SlowDisks } from '../nodes/slow-disks.js'
import { BlockHistory } from './block-history.js'
import { type BlockRepair, buildBlockRepair } from './block-repair.js'
import { ClusterBlockManager } from './cluster-block-manager.js'
import { FullReports } from './full-reports.js'
import { openReplicaFiles, type ReplicaFiles } from './replica-files.js'
import { StartupReadiness } from './startup-readiness.js'

const EXAMINED_AT_ONCE = 50

export interface BlockManagementOptions {
  readonly config: NamenodeConfig
  readonly seams: Seams
  readonly namespace: Namespace
  readonly runProgram: RackResolverOptions['run']
  /** The replica map's file; the list of known datanodes lies beside it. */
  readonly replicaPath: string
}

export type BlockManagementParts = Awaited<ReturnType<typeof buildBlockManagement>>

/** @throws DfsError DATABASE_CORRUPT, WRONG_CLUSTER about the list of known datanodes */
export async function buildBlockManagement(options: BlockManagementOptions) {
  const closing = new ShutdownStack()
  const { config, seams, namespace, replicaPath: path } = options
  const { clusterId } = namespace.identity
  const files = await openReplicaFiles({ path, clusterId, seams }, closing)
  const { clock, log } = seams
  const historyPath = join(dirname(path), 'block-history.db')
  const history = closing.use(
    'history of blocks',
    new BlockHistory({ path: historyPath, clock, log }),
    (it) => it.close(),
  )
  const repair = buildBlockRepair({
    history,
    config,
    seams,
    namespace,
    files,
    onSuspect: (block, datanode) => faces.blockManager.suspectReplica(block, datanode),
    requestFullReport: (datanode) => faces.controlPlane.requestFullReport(datanode),
  })
  const faces = buildFaces(options, files, repair, closing)
  const movement = buildBlockMovement({
    config,
    seams,
    namespace,
    repair,
    mayCopy: () => faces.readiness.current.mayCopy,
  })
  const { deletions, deletedBlocks, examination, registry } = repair
  const { heartbeatIntervalMs, avoidSlowStorages: mayAvoid } = config
  const slowDisks = new SlowDisks({ clock, log, registry, heartbeatIntervalMs, mayAvoid })
  await repair.administration.refresh()
  deletions.onGone = (block) => {
    deletedBlocks.add(block)
    examination.onRemovalWork()
  }
  namespace.onCommitted((change) => {
    for (const block of change.blocks) {
      examination.committed(block)
      history.note('committed', block)
    }
    for (const { blockId } of change.deletedBlocks) deletedBlocks.add(blockId)
    if (change.deletedBlocks.length > 0) examination.onRemovalWork()
  })
  return {
    ...repair,
    ...faces,
    ...movement,
    history,
    slowDisks,
    attention: files.attention,
    lossForecasts: new LossForecasts(repair),
    forgetting: new NodeForgetting({ ...repair, knownNodes: files.knownNodes, log }),
    reviewLiveness: () => {
      registry.beginRound()
      faces.liveness.review(registry.nodes())
      slowDisks.review()
    },
    close: () => closing.closeAll(),
  }
}

/** What the outside calls: datanodes, file operations, the checker. */
function buildFaces(
  { config, seams, namespace, runProgram }: BlockManagementOptions,
  { attention, knownNodes }: ReplicaFiles,
  repair: BlockRepair,
  closing: ShutdownStack,
) {
  const { clock, random, log } = seams
  const { registry, map, outbox, examination, sweeps, copies, leaving, deletedBlocks } = repair
  const waiters = closing.use('waiting callers', new ReplicaWaiters(clock, map), (it) => it.close())
  const readiness = new StartupReadiness({
    ...{ registry, map, namespace, clock, random },
    threshold: config.safeModeThreshold,
    onAllowed: () => {
      examination.onCopyWork()
      examination.onRemovalWork()
    },
  })
  const liveness = new LivenessReview({ log, registry, sweeps, copies, examination, readiness })
  const onChanged = (blocks: readonly BlockId[]) => {
    // A few at once, so that the next answer is right; many in the slices of the replication loop.
    if (blocks.length <= EXAMINED_AT_ONCE) examination.examineAll(blocks)
    else for (const block of blocks) examination.soon(block)
    for (const block of blocks) waiters.notify(block)
  }
  const reports = new FullReports({
    clock,
    log,
    map,
    registry,
    namespace,
    onChanged,
    onConfirmed: (storage) => {
      readiness.refresh()
      // Its replicas may count from now on: what waited for that is looked at again.
      sweeps.start(storage)
      examination.onCopyWork()
      deletedBlocks.requestWalk()
      examination.onRemovalWork()
    },
  })
  const racks = new RackResolver({ topology: config.topology, log, run: runProgram })
  const controlPlane = new ControlPlane({
    clock,
    log,
    identity: namespace.identity,
    registry,
    outbox,
    map,
    reports,
    knownNodes,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    fullReportIntervalMs: config.fullReportIntervalMs,
    onRegistered: (node: ClusterNode) => repair.administration.review([node]),
    rackOf: (request) => racks.rackOf(request),
    checkMayJoin: (request) => repair.administration.checkMayJoin(request),
    onHeard: (node: ClusterNode) => liveness.review([node]),
    onStorageFailed: (storage) => {
      sweeps.start(storage)
      examination.onCopyWork()
    },
    onReceived: (block, node) => copies.arrived(block, node.uuid),
    onChanged,
  })
  const requestFullReport: ControlPlane['requestFullReport'] = (it) =>
    controlPlane.requestFullReport(it)
  const blockManager = new ClusterBlockManager({
    clock,
    random,
    log,
    map,
    registry,
    outbox,
    waiters,
    attention,
    copies,
    leaving,
    readiness,
    requestFullReport,
  })
  const leaseRecovery = closing.use(
    'lease recovery',
    new LeaseRecoveryService({
      clock,
      log,
      namespace,
      map,
      outbox,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      isWholePictureKnown: () => readiness.current.mayDelete,
    }),
    (it) => it.close(),
  )
  const fsck = new Fsck({
    clock,
    namespace,
    map,
    registry,
    examination,
    attention,
    defaultReplication: config.replication,
    minReplication: config.minReplication,
  })
  return { readiness, liveness, controlPlane, blockManager, leaseRecovery, fsck }
}
