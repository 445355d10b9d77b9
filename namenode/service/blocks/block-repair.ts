/** The parts that keep blocks at their number of replicas, tied together: registry, map, examination, copies, deletions. */
import type { BlockId, DatanodeUuid, InodeId } from '../../../shared/ids.js'
import type { Seams } from '../../../shared/seams.js'
import type { NamenodeConfig } from '../../config.js'
import { ReplicationQueue } from '../../policy/replication-queue.js'
import { policyOfId } from '../../policy/storage-policies.js'
import { readHostsFiles } from '../../storage/hosts-files.js'
import type { Namespace } from '../namespace/namespace.js'
import { ClusterRegistry } from '../nodes/cluster-registry.js'
import { NodeAdministration } from '../nodes/node-administration.js'
import type { BlockHistory } from './block-history.js'
import { BlockSweeps } from './block-sweeps.js'
import { CommandOutbox } from './command-outbox.js'
import { DeletedBlocks } from './deleted-blocks.js'
import { Examination } from './examination.js'
import { LeavingReplicas } from './leaving-replicas.js'
import { ReplicaDeletions } from './replica-deletions.js'
import type { ReplicaFiles } from './replica-files.js'
import { ReplicaMap } from './replica-map.js'
import { ReplicationCopies } from './replication-copies.js'
import { takeSecondLooks } from './second-looks.js'

const QUEUE_CAPACITY = 100_000
const OUTBOX_PER_NODE = 1000
const OUTBOX_PER_HEARTBEAT = 200
/** Heartbeat intervals after which a command without an outcome is handed out again. */
const REPEAT_INTERVALS = 5
const SETTLE_MS = 5_000
/** Longer than a node may take to set a pipeline up or to notice that its writer is gone. */
const DELETED_LINGER_MS = 60_000

export interface BlockRepairOptions {
  readonly config: NamenodeConfig
  readonly seams: Seams
  readonly namespace: Namespace
  readonly files: ReplicaFiles
  readonly history: BlockHistory
  readonly onSuspect: (block: BlockId, datanode: DatanodeUuid) => void
  readonly requestFullReport: (datanode: DatanodeUuid) => void
}

export type BlockRepair = ReturnType<typeof buildBlockRepair>

export function buildBlockRepair(options: BlockRepairOptions) {
  const { config, namespace, requestFullReport } = options
  const { clock, random, log } = options.seams
  const { store, attention, known } = options.files
  const { epoch, clusterId } = namespace.identity
  const registry = new ClusterRegistry({
    clock,
    random,
    clusterId,
    epoch,
    limits: config.liveness,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    known,
    storageNumber: (datanode, storage) => store.storageNumber(datanode, storage),
  })
  const outbox = new CommandOutbox({
    clock,
    random,
    epoch,
    capacityPerNode: OUTBOX_PER_NODE,
    perHeartbeat: OUTBOX_PER_HEARTBEAT,
    repeatAfterMs: REPEAT_INTERVALS * config.heartbeatIntervalMs,
  })
  const leaving = new LeavingReplicas()
  const history = options.history
  const map = new ReplicaMap({ store, registry, namespace, leaving, history })
  const policyOf = (file: InodeId) => policyOfId(namespace.policyOfInode(file))
  const queue = new ReplicationQueue({ capacity: QUEUE_CAPACITY })
  const copies = new ReplicationCopies({
    history,
    clock,
    random,
    log,
    registry,
    outbox,
    queue,
    streamsPerNode: config.copyStreamsPerNode,
    policyOf,
    timeoutMs: config.pendingCopyTimeoutMs,
    onSuspect: options.onSuspect,
  })
  const examination = new Examination({
    clock,
    map,
    registry,
    attention,
    queue,
    pendingCopies: (block) => copies.pendingOf(block),
    onEnough: (block) => {
      copies.cancel(block)
      administration.wellNow(block)
    },
    maintenanceMinimum: config.maintenanceMinReplicas,
    settleMs: Math.min(SETTLE_MS, config.liveness.staleAfterMs),
  })
  takeSecondLooks({ clock, outbox, map, examination })
  const sweeps = new BlockSweeps(map, examination)
  const deletions = new ReplicaDeletions({
    history,
    clock,
    log,
    map,
    registry,
    outbox,
    leaving,
    policyOf,
    examination,
    requestFullReport,
  })
  const deletedBlocks = new DeletedBlocks({
    clock,
    lingerMs: Math.min(DELETED_LINGER_MS, config.pendingCopyTimeoutMs),
    namespace,
    map,
    deletions,
    pendingCopies: (block) => copies.pendingOf(block),
  })
  const administration = new NodeAdministration({
    clock,
    log,
    registry,
    map,
    examination,
    sweeps,
    namespace,
    readHostsLists: () => readHostsFiles(options.seams.disk, config.hostsFiles),
  })
  return {
    registry,
    administration,
    outbox,
    leaving,
    map,
    queue,
    copies,
    examination,
    sweeps,
    deletions,
    deletedBlocks,
  }
}
