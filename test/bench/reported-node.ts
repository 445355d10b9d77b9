/**
 * A datanode that has only names of blocks: it registers, reports and obeys over the control plane as a real one does, so that
 * a namenode meets hundreds of thousands of replicas without a disk that holds them. A copy arrives at once.
 */
import { HttpControlClient } from '../../datanode/loops/control-client.js'
import { systemClock } from '../../shared/clock.js'
import { type BucketDigest, bucketDigests, bucketOf } from '../../shared/control/block-digest.js'
import {
  BlockEventsReply,
  type BlockMessage,
  CONTROL_PATHS,
  type Command,
  type CommandOutcome,
  HeartbeatReply,
  RegisterReply,
  ReportBucketsReply,
  ReportDigestReply,
} from '../../shared/control/messages.js'

const CAPACITY_BYTES = 2 ** 44
/** As a real datanode sends them (datanode/loops/full-report.ts). */
const BLOCKS_IN_MESSAGE = 20_000
const BUCKETS_IN_MESSAGE = 64
const TIMEOUT_MS = 120_000

export interface ReportedNodeOptions {
  readonly name: string
  readonly port: number
  readonly namenodeUrl: string
  readonly token: string
  readonly clusterId: string
}

export class ReportedNode {
  readonly options: ReportedNodeOptions
  readonly replicas = new Map<number, BlockMessage>()
  /** Of copies, by their name. */
  readonly #peers: ReadonlyMap<string, ReportedNode>
  readonly #client: HttpControlClient
  #agreement: RegisterReply | undefined
  #outcomes: CommandOutcome[] = []
  #sequence = 0
  #reports = 0

  constructor(options: ReportedNodeOptions, peers: ReadonlyMap<string, ReportedNode>) {
    this.options = options
    this.#peers = peers
    this.#client = new HttpControlClient({
      baseUrl: options.namenodeUrl,
      token: options.token,
      clock: systemClock,
    })
  }

  async register(): Promise<void> {
    const { name, port, clusterId } = this.options
    const body = {
      ...{ clusterId, datanodeUuid: name, incarnation: 'one', softwareVersion: '0.1.0' },
      ...{ hostname: name, answersToHostname: false, addresses: ['127.0.0.1'], advertised: [] },
      ...{ transferPort: port, httpPort: port + 1, ipcPort: port + 2, rack: '/default-rack' },
      storages: [{ storageId: this.#storageId, type: 'DISK' }],
    }
    this.#agreement = await this.#client.call(
      ...([CONTROL_PATHS.register, body, RegisterReply, TIMEOUT_MS] as const),
    )
  }

  /** Carries out what comes back; says so with the next one. */
  async heartbeat(): Promise<void> {
    const outcomes = this.#outcomes.splice(0, 10_000)
    const usedBytes = this.replicas.size * 1000
    const storage = {
      ...{ storageId: this.#storageId, type: 'DISK', hasFailed: false },
      ...{ capacityBytes: CAPACITY_BYTES, usedBytes, remainingBytes: CAPACITY_BYTES - usedBytes },
      blockCount: this.replicas.size,
    }
    const body = { ...this.#envelope(), storages: [storage], activeTransfers: 0, outcomes }
    const path = CONTROL_PATHS.heartbeat
    const { commands } = await this.#client.call(path, body, HeartbeatReply, TIMEOUT_MS)
    for (const command of commands) await this.#obey(command)
  }

  /** @returns how many buckets the namenode wanted to have listed */
  async report(): Promise<number> {
    this.#reports += 1
    const report = { reportId: `report-${this.#reports}`, storageId: this.#storageId }
    const digest = { ...this.#envelope(), ...report, buckets: await this.#digests() }
    const { differing } = await this.#client.call(
      ...([CONTROL_PATHS.reportDigest, digest, ReportDigestReply, TIMEOUT_MS] as const),
    )
    const messages = this.#messages(differing)
    for (const [index, buckets] of messages.entries()) {
      const isLast = index === messages.length - 1
      const body = { ...this.#envelope(), ...report, isLast, buckets }
      await this.#client.call(CONTROL_PATHS.reportBuckets, body, ReportBucketsReply, TIMEOUT_MS)
    }
    return differing.length
  }

  close(): void {
    this.#client.close()
  }

  get #storageId(): string {
    return `DS-${this.options.name}`
  }

  #envelope() {
    this.#sequence += 1
    const { name } = this.options
    return {
      ...{ datanodeUuid: name, sessionId: this.#agreement?.sessionId ?? '' },
      sequence: this.#sequence,
    }
  }

  #described() {
    return [...this.replicas.values()].map((it) => ({ ...it, state: 'finalized' as const }))
  }

  /** With pauses: who measures how long others wait is in this process. */
  async #digests() {
    const sorted = this.#described().sort((left, right) => left.id - right.id)
    const digests: BucketDigest[] = []
    for (let first = 0, next = 0; first < sorted.length; first = next) {
      const bucket = bucketOf(sorted[first]?.id ?? 0)
      while (next < sorted.length && bucketOf(sorted[next]?.id ?? 0) === bucket) next += 1
      digests.push(...bucketDigests(sorted.slice(first, next)))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return digests
  }

  #messages(differing: readonly number[]) {
    const listed = new Map(differing.map((bucket) => [bucket, [] as unknown[]]))
    for (const replica of this.#described()) listed.get(bucketOf(replica.id))?.push(replica)
    const messages: { bucket: number; blocks: unknown[] }[][] = []
    let blocksInLast = BLOCKS_IN_MESSAGE
    for (const [bucket, blocks] of listed) {
      blocksInLast += blocks.length
      const last = messages.at(-1)
      if (blocksInLast <= BLOCKS_IN_MESSAGE && last && last.length < BUCKETS_IN_MESSAGE) {
        last.push({ bucket, blocks })
      } else {
        messages.push([{ bucket, blocks }])
        blocksInLast = blocks.length
      }
    }
    return messages
  }

  async #obey(command: Command): Promise<void> {
    if (command.kind === 'copy') {
      const { block, targets } = command
      await this.#peers.get(targets[0]?.datanodeUuid ?? '')?.receive(block)
    }
    this.#outcomes.push({ commandId: command.commandId, outcome: 'done' })
  }

  async receive(block: BlockMessage): Promise<void> {
    this.replicas.set(block.id, block)
    const events = [{ kind: 'received', storageId: this.#storageId, block }]
    const body = { ...this.#envelope(), events }
    await this.#client.call(CONTROL_PATHS.blockEvents, body, BlockEventsReply, TIMEOUT_MS)
  }
}
