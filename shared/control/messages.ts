/**
 * What namenode and datanodes say to each other: JSON over HTTP on the namenode's port 9870, below /internal/v1. A
 * datanode calls, the namenode answers heartbeats with commands. No client ever sees this, so it is ours to shape.
 *
 * Repeats are harmless: reports carry a session and a sequence number and state facts; commands carry an id and the
 * epoch of the namenode, and doing one twice has the effect of once. Lower epochs are refused by the datanode.
 */
import { type Static, type TObject, type TProperties, Type } from '@sinclair/typebox'

export const CONTROL_PREFIX = '/internal/v1'
export const CONTROL_PATHS = {
  register: `${CONTROL_PREFIX}/register`,
  heartbeat: `${CONTROL_PREFIX}/heartbeat`,
  blockEvents: `${CONTROL_PREFIX}/block-events`,
  reportDigest: `${CONTROL_PREFIX}/report-digest`,
  reportBuckets: `${CONTROL_PREFIX}/report-buckets`,
  peer: `${CONTROL_PREFIX}/peer`,
} as const

/** Block ids `id` and `id'` are in the same bucket of a full report when `id >> 12` is equal. */
export const REPORT_BUCKET_BITS = 12

const closed = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false })
const Identifier = Type.String({ minLength: 1, maxLength: 128 })
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Port = Type.Integer({ minimum: 0, maximum: 65535 })

export const StorageTypeSchema = Type.Union([
  Type.Literal('DISK'),
  Type.Literal('SSD'),
  Type.Literal('ARCHIVE'),
  Type.Literal('RAM_DISK'),
])

export const BlockSchema = closed({ id: Count, generationStamp: Count, lengthBytes: Count })
export type BlockMessage = Static<typeof BlockSchema>

/** See advertised-address.ts. Ports are complete; `from` and `via` empty mean "whoever it is". */
export const AdvertisedAddress = closed({
  host: Type.String({ minLength: 1, maxLength: 255 }),
  transferPort: Port,
  httpPort: Port,
  ipcPort: Port,
  /** Networks of the clients it is meant for. */
  from: Type.Array(Type.String({ minLength: 2, maxLength: 64 }), { maxItems: 64 }),
  /** Ports or addresses of the namenode that these clients dial. */
  via: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 64 }),
})
export type AdvertisedAddress = Static<typeof AdvertisedAddress>

export const RegisterRequest = closed({
  /** undefined for a data folder that belongs to no cluster yet. */
  clusterId: Type.Optional(Identifier),
  datanodeUuid: Identifier,
  /** Differs for each start of the process: two processes with one data folder are told apart by it. */
  incarnation: Identifier,
  softwareVersion: Type.String({ maxLength: 64 }),
  hostname: Type.String({ minLength: 1, maxLength: 255 }),
  /** False for a machine's name that leads elsewhere or nowhere: no client is told it as a place to connect to. */
  answersToHostname: Type.Boolean(),
  /** IP addresses, first choice first. */
  addresses: Type.Array(Type.String({ minLength: 2, maxLength: 64 }), {
    minItems: 1,
    maxItems: 32,
  }),
  /** For clients behind a mapping of ports; the first that is meant for a client is what it gets. */
  advertised: Type.Array(AdvertisedAddress, { maxItems: 32 }),
  transferPort: Port,
  httpPort: Port,
  ipcPort: Port,
  rack: Type.String({ pattern: '^/', maxLength: 255 }),
  storages: Type.Array(closed({ storageId: Identifier, type: StorageTypeSchema }), {
    maxItems: 256,
  }),
})
export type RegisterRequest = Static<typeof RegisterRequest>

export const RegisterReply = closed({
  clusterId: Identifier,
  blockPoolId: Identifier,
  epoch: Count,
  /** To be sent with every later message; a message of another session is answered UNREGISTERED_DATANODE. */
  sessionId: Identifier,
  heartbeatIntervalMs: Count,
  fullReportIntervalMs: Count,
})
export type RegisterReply = Static<typeof RegisterReply>

/** An hour: a disk that takes longer for a call was taken out long ago. */
const MAX_MEAN_MS = 3_600_000

const session = {
  datanodeUuid: Identifier,
  sessionId: Identifier,
  /** Grows with each message of a session; an older one than the last seen is ignored. */
  sequence: Count,
}

export const CommandOutcome = closed({
  commandId: Identifier,
  /** `refused`: not done and never will be (unknown block, older version, lower epoch). `failed`: may be tried again. */
  outcome: Type.Union([Type.Literal('done'), Type.Literal('refused'), Type.Literal('failed')]),
  message: Type.Optional(Type.String({ maxLength: 1000 })),
  /** Which side was at fault in a failed copy: a corrupt source must not make its target look bad (HDFS-16601). */
  culprit: Type.Optional(Type.Union([Type.Literal('source'), Type.Literal('target')])),
  /** Answer to `prepare-recovery`: what the replica holds; absent when there is none. */
  replica: Type.Optional(BlockSchema),
})
export type CommandOutcome = Static<typeof CommandOutcome>

const Latency = Type.Optional(
  closed({ calls: Count, meanMs: Type.Number({ minimum: 0, maximum: MAX_MEAN_MS }) }),
)
/** Of the disk's calls in the last one to two minutes; kinds of which there were none are absent. */
export const CallLatencies = closed({ read: Latency, write: Latency, sync: Latency })
export type CallLatencies = Static<typeof CallLatencies>

export const StorageReport = closed({
  storageId: Identifier,
  type: StorageTypeSchema,
  hasFailed: Type.Boolean(),
  capacityBytes: Count,
  usedBytes: Count,
  remainingBytes: Count,
  blockCount: Count,
  latencies: Type.Optional(CallLatencies),
})
export type StorageReport = Static<typeof StorageReport>

export const HeartbeatRequest = closed({
  ...session,
  storages: Type.Array(StorageReport, { maxItems: 256 }),
  /** Streams being served or received now: placement avoids busy nodes. */
  activeTransfers: Count,
  outcomes: Type.Array(CommandOutcome, { maxItems: 10_000 }),
})
export type HeartbeatRequest = Static<typeof HeartbeatRequest>

const CommandBase = { commandId: Identifier, epoch: Count }
const TransferTarget = closed({
  datanodeUuid: Identifier,
  storageId: Identifier,
  storageType: StorageTypeSchema,
  host: Type.String({ minLength: 2, maxLength: 64 }),
  port: Port,
})
export type TransferTarget = Static<typeof TransferTarget>

/** Send a finalized replica to other nodes, with the block streaming protocol. */
export const CopyCommand = closed({
  kind: Type.Literal('copy'),
  ...CommandBase,
  block: BlockSchema,
  targets: Type.Array(TransferTarget, { minItems: 1, maxItems: 8 }),
})
/** Delete replicas of exactly these versions, or older ones, in this storage. Gone already is success. */
export const DeleteCommand = closed({
  kind: Type.Literal('delete'),
  ...CommandBase,
  storageId: Identifier,
  blocks: Type.Array(closed({ id: Count, generationStamp: Count }), {
    minItems: 1,
    maxItems: 1000,
  }),
})
/** Move a finalized replica to another storage of the same node. Being there already is success. */
export const MoveCommand = closed({
  kind: Type.Literal('move'),
  ...CommandBase,
  block: BlockSchema,
  storageId: Identifier,
})
/** Verify a replica that a reader found bad, now; the result arrives as a block event or as outcome `refused`. */
export const VerifyCommand = closed({
  kind: Type.Literal('verify'),
  ...CommandBase,
  block: BlockSchema,
})
/**
 * Read a replica that is to be kept while others are deleted: `done` only when it is here, finalized, in this version
 * and length, and sound.
 */
export const AttestCommand = closed({
  kind: Type.Literal('attest'),
  ...CommandBase,
  block: BlockSchema,
  /** Where it is thought to be: a node never has two replicas of a block, so one elsewhere is not this one. */
  storageId: Type.Optional(Identifier),
})
/** Stop the writer of a replica and say what it holds, after reading it; older writers are fenced from then on. */
export const PrepareRecoveryCommand = closed({
  kind: Type.Literal('prepare-recovery'),
  ...CommandBase,
  block: BlockSchema,
  newGenerationStamp: Count,
  /** The block is to be cut to this length: what is behind need not be whole. */
  truncateBytes: Type.Optional(Count),
})
/** Cut the replica to `block.lengthBytes`, give it `block.generationStamp` (the new one) and finalize it. */
export const FinishRecoveryCommand = closed({
  kind: Type.Literal('finish-recovery'),
  ...CommandBase,
  block: BlockSchema,
  /** The replica of this block stays as it is, and `block` is made new of its beginning. */
  from: Type.Optional(BlockSchema),
})
/** Start a full report at once. */
export const FullReportCommand = closed({ kind: Type.Literal('full-report'), ...CommandBase })
/** Another budget for copies, until the node restarts; 0 goes back to its own setting. */
export const CopyRateCommand = closed({
  kind: Type.Literal('copy-rate'),
  ...CommandBase,
  bytesPerSecond: Count,
})

export const Command = Type.Union([
  CopyCommand,
  MoveCommand,
  DeleteCommand,
  VerifyCommand,
  AttestCommand,
  PrepareRecoveryCommand,
  FinishRecoveryCommand,
  FullReportCommand,
  CopyRateCommand,
])
export type Command = Static<typeof Command>

export const HeartbeatReply = closed({
  epoch: Count,
  commands: Type.Array(Command, { maxItems: 10_000 }),
})
export type HeartbeatReply = Static<typeof HeartbeatReply>

/**
 * What happened to a replica. `received` is sent, and answered, before the last packet of a block is acknowledged, so
 * that `complete` finds it. `corrupt`: verified as bad by the node itself. `mended`: good, but for what surrounds its bytes; for the
 * history.
 */
export const BlockEvent = closed({
  kind: Type.Union([
    Type.Literal('receiving'),
    Type.Literal('received'),
    Type.Literal('deleted'),
    Type.Literal('corrupt'),
    Type.Literal('mended'),
  ]),
  storageId: Identifier,
  block: BlockSchema,
})
export type BlockEvent = Static<typeof BlockEvent>

export const BlockEventsRequest = closed({
  ...session,
  events: Type.Array(BlockEvent, { minItems: 1, maxItems: 10_000 }),
})
export type BlockEventsRequest = Static<typeof BlockEventsRequest>
export const BlockEventsReply = closed({ epoch: Count })
export type BlockEventsReply = Static<typeof BlockEventsReply>

/** First half of a full report of one storage: digests of all non-empty buckets (see block-digest.ts). */
export const ReportDigestRequest = closed({
  ...session,
  reportId: Identifier,
  storageId: Identifier,
  buckets: Type.Array(
    closed({ bucket: Count, count: Count, digest: Type.String({ pattern: '^[0-9a-f]{16}$' }) }),
    { maxItems: 1_000_000 },
  ),
})
export type ReportDigestRequest = Static<typeof ReportDigestRequest>
/** Buckets whose blocks are to be listed; with none the storage is confirmed. */
export const ReportDigestReply = closed({ epoch: Count, differing: Type.Array(Count) })
export type ReportDigestReply = Static<typeof ReportDigestReply>

export const ReportedState = Type.Union([Type.Literal('finalized'), Type.Literal('being-written')])
/** Second half: whole contents of the differing buckets. Absence counts only when `isLast` has arrived in this report. */
export const ReportBucketsRequest = closed({
  ...session,
  reportId: Identifier,
  storageId: Identifier,
  isLast: Type.Boolean(),
  buckets: Type.Array(
    closed({
      bucket: Count,
      blocks: Type.Array(
        closed({ id: Count, generationStamp: Count, lengthBytes: Count, state: ReportedState }),
        {
          maxItems: 4096,
        },
      ),
    }),
    { maxItems: 64 },
  ),
})
export type ReportBucketsRequest = Static<typeof ReportBucketsRequest>
export const ReportBucketsReply = closed({ epoch: Count })
export type ReportBucketsReply = Static<typeof ReportBucketsReply>

/**
 * Where another datanode streams blocks. The address in a client's request is the one that serves the client, which
 * may be a mapping of ports that leads nowhere from here.
 */
export const PeerRequest = closed({
  datanodeUuid: Identifier,
  sessionId: Identifier,
  peerUuid: Identifier,
})
export type PeerRequest = Static<typeof PeerRequest>
export const PeerReply = closed({
  epoch: Count,
  host: Type.String({ minLength: 2, maxLength: 64 }),
  port: Port,
})
export type PeerReply = Static<typeof PeerReply>
