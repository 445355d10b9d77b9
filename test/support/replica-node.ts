/** A datanode without disk or network: holds replicas in maps and talks to the control plane as a real one does. */
import { type BucketDigest, bucketDigests, bucketOf } from '../../shared/control/block-digest.js'
import type {
  BlockEvent,
  BlockEventsReply,
  BlockEventsRequest,
  BlockMessage,
  CallLatencies,
  Command,
  CommandOutcome,
  HeartbeatReply,
  HeartbeatRequest,
  RegisterReply,
  RegisterRequest,
  ReportBucketsReply,
  ReportBucketsRequest,
  ReportDigestReply,
  ReportDigestRequest,
} from '../../shared/control/messages.js'
import { datanodeUuid, storageId } from '../../shared/ids.js'

/** What a node says to its namenode: the control plane itself, or calls to it over a network. */
export interface NodeControl {
  register(request: RegisterRequest): Promise<RegisterReply>
  heartbeat(request: HeartbeatRequest): HeartbeatReply | Promise<HeartbeatReply>
  blockEvents(request: BlockEventsRequest): Promise<BlockEventsReply>
  reportDigest(request: ReportDigestRequest): Promise<ReportDigestReply>
  reportBuckets(request: ReportBucketsRequest): Promise<ReportBucketsReply>
}

/** Limits of the messages (shared/control/messages.ts). */
const MAX_OUTCOMES = 10_000
const MAX_BUCKETS = 64

export interface ScriptedReplica extends BlockMessage {
  state: 'finalized' | 'being-written'
  /** What a verification finds. */
  isRotten?: boolean
}

type ListedBucket = ReportBucketsRequest['buckets'][number]
type ReportedBlock = ListedBucket['blocks'][number]

export interface ReplicaNodeOptions {
  readonly name: string
  readonly rack?: string
  readonly address?: string
  readonly port?: number
  readonly capacityBytes?: number
  readonly clusterId?: string
  /** A message of a report takes buckets until it has so many blocks; a bucket for each message when left out. */
  readonly blocksInMessage?: number
}

export class ReplicaNode {
  readonly uuid
  readonly storage
  readonly replicas = new Map<number, ScriptedReplica>()
  readonly received: Command[] = []
  readonly options: ReplicaNodeOptions
  controlPlane: NodeControl
  /** Finds the target of a copy. */
  peers: (uuid: string) => ReplicaNode | undefined = () => undefined
  /** Decides what to do with a command instead of carrying it out; undefined: carry out. */
  intercept: (command: Command) => CommandOutcome | 'ignore' | undefined = () => undefined
  incarnation = 'first'
  session: RegisterReply | undefined
  hasFailed = false
  /** What it says of its disk. */
  latencies: CallLatencies = {}
  highestEpoch = 0
  readonly #done = new Map<string, CommandOutcome>()
  readonly #outcomes: CommandOutcome[] = []
  #sequence = 0
  #reports = 0

  constructor(controlPlane: NodeControl, options: ReplicaNodeOptions) {
    this.controlPlane = controlPlane
    this.options = options
    this.uuid = datanodeUuid(options.name)
    this.storage = storageId(`DS-${options.name}`)
  }

  registration(): RegisterRequest {
    const { name, clusterId = 'CID-test', rack = '/default-rack' } = this.options
    const { address = '127.0.0.1', port = 9866 } = this.options
    return {
      clusterId,
      datanodeUuid: name,
      incarnation: this.incarnation,
      softwareVersion: '0.1.0',
      hostname: name,
      answersToHostname: true,
      addresses: [address],
      advertised: [],
      transferPort: port,
      httpPort: 9864,
      ipcPort: 9867,
      rack,
      storages: [{ storageId: this.storage, type: 'DISK' }],
    }
  }

  async register(): Promise<void> {
    this.session = await this.controlPlane.register(this.registration())
    this.highestEpoch = Math.max(this.highestEpoch, this.session.epoch)
  }

  /** Registers, says how much room there is and reports everything. */
  async join(): Promise<void> {
    await this.register()
    await this.heartbeat()
    await this.report()
  }

  envelope() {
    if (this.session === undefined) throw new Error(`${this.uuid} is not registered`)
    this.#sequence += 1
    return {
      datanodeUuid: this.uuid,
      sessionId: this.session.sessionId,
      sequence: this.#sequence,
    }
  }

  /** One heartbeat; carries out the commands that come back. */
  async heartbeat(): Promise<readonly Command[]> {
    const outcomes = this.#outcomes.splice(0, MAX_OUTCOMES)
    const capacityBytes = this.options.capacityBytes ?? 1_000_000
    let usedBytes = 0
    for (const { lengthBytes } of this.replicas.values()) usedBytes += lengthBytes
    const reply = await this.controlPlane.heartbeat({
      ...this.envelope(),
      storages: [
        {
          storageId: this.storage,
          type: 'DISK',
          hasFailed: this.hasFailed,
          capacityBytes,
          usedBytes,
          remainingBytes: capacityBytes - usedBytes,
          blockCount: this.replicas.size,
          latencies: this.latencies,
        },
      ],
      activeTransfers: 0,
      outcomes,
    })
    for (const command of reply.commands) {
      this.received.push(command)
      const outcome = this.#done.get(command.commandId) ?? (await this.#carryOut(command))
      if (outcome === undefined) continue
      this.#done.set(command.commandId, outcome)
      this.#outcomes.push(outcome)
    }
    return reply.commands
  }

  /** A full report; `skipLast` leaves it unfinished, as a lost message does. */
  async report(
    options: { skipLast?: boolean; only?: (id: number) => boolean } = {},
  ): Promise<void> {
    this.#reports += 1
    const reportId = `report-${this.#reports}`
    const replicas = [...this.replicas.values()].filter((it) => options.only?.(it.id) ?? true)
    const report = { reportId, storageId: this.storage }
    const buckets = await this.digests(replicas)
    const digest = { ...this.envelope(), ...report, buckets }
    const { differing } = await this.controlPlane.reportDigest(digest)
    const messages = this.#messages(replicas, differing)
    for (const [position, listed] of messages.entries()) {
      const isLast = position === messages.length - 1
      if (isLast && options.skipLast === true) return
      const body = { ...this.envelope(), ...report, isLast, buckets: listed }
      await this.controlPlane.reportBuckets(body)
    }
  }

  /** For nodes that may not compute all of them at once. */
  protected async digests(replicas: readonly ScriptedReplica[]): Promise<BucketDigest[]> {
    return bucketDigests(replicas)
  }

  /** Contents of the buckets in messages of at most `blocksInMessage`, where one bucket has not more by itself. */
  #messages(replicas: readonly ScriptedReplica[], differing: readonly number[]) {
    const { blocksInMessage } = this.options
    const listed = new Map(differing.map((bucket) => [bucket, [] as ReportedBlock[]]))
    for (const { id, generationStamp, lengthBytes, state } of replicas) {
      listed.get(bucketOf(id))?.push({ id, generationStamp, lengthBytes, state })
    }
    const messages: ListedBucket[][] = []
    let blocksInLast = 0
    for (const [bucket, blocks] of listed) {
      const last = messages.at(-1)
      blocksInLast += blocks.length
      const isRoom = blocksInMessage !== undefined && blocksInLast <= blocksInMessage
      if (isRoom && last !== undefined && last.length < MAX_BUCKETS) {
        last.push({ bucket, blocks })
      } else {
        messages.push([{ bucket, blocks }])
        blocksInLast = blocks.length
      }
    }
    return messages
  }

  /** Rejects when the namenode refuses it. */
  async tell(kind: BlockEvent['kind'], block: BlockMessage): Promise<void> {
    const { id, generationStamp, lengthBytes } = block
    await this.controlPlane.blockEvents({
      ...this.envelope(),
      events: [{ kind, storageId: this.storage, block: { id, generationStamp, lengthBytes } }],
    })
  }

  /** Stores a replica and says so. */
  async receive(block: BlockMessage): Promise<void> {
    const { id, generationStamp, lengthBytes } = block
    this.replicas.set(id, { id, generationStamp, lengthBytes, state: 'finalized' })
    await this.tell('received', block)
  }

  async #carryOut(command: Command): Promise<CommandOutcome | undefined> {
    const decided = this.intercept(command)
    if (decided === 'ignore') return undefined
    if (decided !== undefined) return decided
    const { commandId } = command
    if (command.epoch < this.highestEpoch) return { commandId, outcome: 'refused' }
    switch (command.kind) {
      case 'copy':
        return this.#copy(command)
      case 'move':
        return { commandId, outcome: 'refused' }
      case 'copy-rate':
        return { commandId, outcome: 'done' }
      case 'delete':
        for (const { id, generationStamp } of command.blocks) {
          const replica = this.replicas.get(id)
          if (replica === undefined || replica.generationStamp > generationStamp) continue
          this.replicas.delete(id)
          await this.tell('deleted', replica)
        }
        return { commandId, outcome: 'done' }
      case 'verify': {
        const replica = this.replicas.get(command.block.id)
        if (replica === undefined) return { commandId, outcome: 'refused' }
        if (replica.isRotten === true) await this.tell('corrupt', replica)
        return { commandId, outcome: 'done' }
      }
      case 'attest': {
        const replica = this.replicas.get(command.block.id)
        if (replica === undefined) return { commandId, outcome: 'refused' }
        if (replica.isRotten === true) await this.tell('corrupt', replica)
        const { generationStamp, lengthBytes } = command.block
        const isAsTold =
          replica.generationStamp === generationStamp && replica.lengthBytes === lengthBytes
        return { commandId, outcome: replica.isRotten || !isAsTold ? 'refused' : 'done' }
      }
      case 'prepare-recovery': {
        const replica = this.replicas.get(command.block.id)
        if (replica === undefined) return { commandId, outcome: 'refused' }
        const { id, generationStamp, lengthBytes } = replica
        return { commandId, outcome: 'done', replica: { id, generationStamp, lengthBytes } }
      }
      case 'finish-recovery':
        await this.receive(command.block)
        return { commandId, outcome: 'done' }
      case 'full-report':
        await this.report()
        return { commandId, outcome: 'done' }
    }
  }

  async #copy(command: Extract<Command, { kind: 'copy' }>): Promise<CommandOutcome> {
    const { commandId, block, targets } = command
    const replica = this.replicas.get(block.id)
    if (replica === undefined || replica.isRotten === true) {
      if (replica !== undefined) await this.tell('corrupt', replica)
      return { commandId, outcome: 'failed', culprit: 'source' }
    }
    const target = this.peers(targets[0]?.datanodeUuid ?? '')
    if (target?.session === undefined) return { commandId, outcome: 'failed', culprit: 'target' }
    if (target.replicas.has(block.id)) return { commandId, outcome: 'failed', culprit: 'target' }
    await target.receive(block)
    return { commandId, outcome: 'done' }
  }
}
