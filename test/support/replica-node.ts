/** A datanode without disk or network: holds replicas in maps and talks to the control plane as a real one does. */
import type { ControlPlane } from '../../namenode/service/nodes/control-plane.js'
import { bucketDigests, bucketOf } from '../../shared/control/block-digest.js'
import type {
  BlockEvent,
  BlockMessage,
  Command,
  CommandOutcome,
  RegisterReply,
  RegisterRequest,
} from '../../shared/control/messages.js'
import { datanodeUuid, storageId } from '../../shared/ids.js'

export interface ScriptedReplica extends BlockMessage {
  state: 'finalized' | 'being-written'
  /** What a verification finds. */
  isRotten?: boolean
}

export interface ReplicaNodeOptions {
  readonly name: string
  readonly rack?: string
  readonly address?: string
  readonly port?: number
  readonly capacityBytes?: number
}

export class ReplicaNode {
  readonly uuid
  readonly storage
  readonly replicas = new Map<number, ScriptedReplica>()
  readonly received: Command[] = []
  readonly options: ReplicaNodeOptions
  controlPlane: ControlPlane
  /** Finds the target of a copy. */
  peers: (uuid: string) => ReplicaNode | undefined = () => undefined
  /** Decides what to do with a command instead of carrying it out; undefined: carry out. */
  intercept: (command: Command) => CommandOutcome | 'ignore' | undefined = () => undefined
  incarnation = 'first'
  session: RegisterReply | undefined
  hasFailed = false
  highestEpoch = 0
  readonly #done = new Map<string, CommandOutcome>()
  #outcomes: CommandOutcome[] = []
  #sequence = 0
  #reports = 0

  constructor(controlPlane: ControlPlane, options: ReplicaNodeOptions) {
    this.controlPlane = controlPlane
    this.options = options
    this.uuid = datanodeUuid(options.name)
    this.storage = storageId(`DS-${options.name}`)
  }

  registration(): RegisterRequest {
    const { name, rack = '/default-rack', address = '127.0.0.1', port = 9866 } = this.options
    return {
      clusterId: 'CID-test',
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
    const outcomes = this.#outcomes
    this.#outcomes = []
    const capacityBytes = this.options.capacityBytes ?? 1_000_000
    const usedBytes = [...this.replicas.values()].reduce((sum, it) => sum + it.lengthBytes, 0)
    const reply = this.controlPlane.heartbeat({
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
    const digest = await this.controlPlane.reportDigest({
      ...this.envelope(),
      reportId,
      storageId: this.storage,
      buckets: bucketDigests(replicas),
    })
    for (const [position, bucket] of digest.differing.entries()) {
      const isLast = position === digest.differing.length - 1
      if (isLast && options.skipLast === true) return
      await this.controlPlane.reportBuckets({
        ...this.envelope(),
        reportId,
        storageId: this.storage,
        isLast,
        buckets: [
          {
            bucket,
            blocks: replicas
              .filter((it) => bucketOf(it.id) === bucket)
              .map(({ id, generationStamp, lengthBytes, state }) => ({
                id,
                generationStamp,
                lengthBytes,
                state,
              })),
          },
        ],
      })
    }
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
