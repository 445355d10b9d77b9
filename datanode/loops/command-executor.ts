/**
 * Does what the namenode commands. A command that comes again while it runs is not started twice, and one that is done
 * gets its outcome again; each is checked against the highest epoch seen (reliability I10).
 */
import type { Command, CommandOutcome, TransferTarget } from '../../shared/control/messages.js'
import { crashPoint } from '../../shared/crash-point.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import {
  type Block,
  blockId,
  generationStamp,
  type StorageId,
  storageId,
} from '../../shared/ids.js'
import { type DatanodeInfo, transferAddress } from '../../shared/transfer/pipeline-node.js'
import { SendBlockFailure } from '../../shared/transfer/send-block.js'
import { copyBeginning } from '../blocks/copy-beginning.js'
import { moveReplica } from '../blocks/move-replica.js'
import type { Replica } from '../blocks/replica.js'
import { finishRecovery, prepareRecovery } from '../blocks/replica-recovery.js'
import { examineReplica, noticingDamage } from '../transfer/damage.js'
import { sendReplica } from '../transfer/send-replica.js'
import type { TransferContext } from '../transfer/transfer-context.js'
import type { NamenodeSession } from './namenode-session.js'

/** Commands that run at a time; the namenode keeps its own budget of copies for each node. */
const MAX_RUNNING = 32
const MAX_WAITING = 20_000
/** Outcomes that are kept for commands that come again. */
const MAX_REMEMBERED = 10_000
const MAX_MESSAGE_LENGTH = 1000

/** Failures that will be the same however often the command is tried. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'REPLICA_NOT_FOUND',
  'STALE_GENERATION',
  'STALE_EPOCH',
  'ILLEGAL_ARGUMENT',
  'ALREADY_EXISTS',
])

type Result = Omit<CommandOutcome, 'commandId'>

export interface CommandExecutorOptions {
  readonly context: TransferContext
  readonly session: NamenodeSession
  readonly requestFullReport: () => void
  /** 0 is the node's own setting. */
  readonly setCopyRate: (bytesPerSecond: number) => void
  /** An outcome waits to be sent. */
  readonly onOutcome: () => void
  readonly signal: AbortSignal
}

export class CommandExecutor {
  readonly #options: CommandExecutorOptions
  readonly #waiting: Command[] = []
  readonly #underWay = new Set<string>()
  readonly #finished = new Map<string, CommandOutcome>()
  readonly #outcomes = new Map<string, CommandOutcome>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: CommandExecutorOptions) {
    this.#options = options
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.length }
  }

  /** Takes commands; those beyond the limit are dropped and come again, since they stay without an outcome. */
  accept(commands: readonly Command[]): void {
    for (const command of commands) {
      const { commandId } = command
      const finished = this.#finished.get(commandId)
      if (finished !== undefined) this.#outcomes.set(commandId, finished)
      else if (!this.#underWay.has(commandId) && this.#waiting.length < MAX_WAITING) {
        this.#underWay.add(commandId)
        this.#waiting.push(command)
      }
    }
    this.#startWaiting()
  }

  /** Outcomes to send, up to `limit`. They are kept until `forget`. */
  outcomes(limit: number): CommandOutcome[] {
    return [...this.#outcomes.values()].slice(0, limit)
  }

  /** The namenode has these. */
  forget(outcomes: readonly CommandOutcome[]): void {
    for (const { commandId } of outcomes) this.#outcomes.delete(commandId)
  }

  /** Resolves when running commands have ended; the caller aborts its signal first. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    await Promise.allSettled(this.#running)
  }

  #startWaiting(): void {
    const { signal } = this.#options
    while (this.#running.size < MAX_RUNNING && !signal.aborted) {
      const command = this.#waiting.shift()
      if (command === undefined) return
      const run = this.#run(command).finally(() => {
        this.#running.delete(run)
        this.#startWaiting()
      })
      this.#running.add(run)
    }
  }

  async #run(command: Command): Promise<void> {
    const { commandId, kind } = command
    const { context, onOutcome } = this.#options
    let result: Result
    try {
      result = await this.#perform(command)
    } catch (error) {
      const failure = toDfsError(error)
      context.seams.log.warn({ commandId, kind, err: failure }, 'command failed')
      result = {
        outcome: FINAL_CODES.has(failure.code) ? 'refused' : 'failed',
        message: failure.message.slice(0, MAX_MESSAGE_LENGTH),
        ...(error instanceof SendBlockFailure ? { culprit: error.culprit } : {}),
      }
    }
    const outcome = { commandId, ...result }
    this.#underWay.delete(commandId)
    // What failed may be tried again under the same id.
    if (outcome.outcome !== 'failed') this.#remember(outcome)
    this.#outcomes.set(commandId, outcome)
    onOutcome()
  }

  #remember(outcome: CommandOutcome): void {
    this.#finished.set(outcome.commandId, outcome)
    if (this.#finished.size <= MAX_REMEMBERED) return
    for (const oldest of this.#finished.keys()) {
      this.#finished.delete(oldest)
      return
    }
  }

  async #perform(command: Command): Promise<Result> {
    const { context, session, requestFullReport, setCopyRate } = this.#options
    if (command.epoch < session.epoch) {
      throw new DfsError('STALE_EPOCH', `epoch ${command.epoch} is over, ${session.epoch} commands`)
    }
    switch (command.kind) {
      case 'copy':
        return await this.#copy(command.block, command.targets)
      case 'move':
        return await this.#move(asBlock(command.block), storageId(command.storageId))
      case 'delete':
        return await this.#delete(command.storageId, command.blocks)
      case 'verify':
        return await this.#verify(command.block)
      case 'attest':
        return await this.#attest(command.block, command.storageId)
      case 'prepare-recovery': {
        const { block, newGenerationStamp, truncateBytes } = command
        const replica = await noticingDamage(context, block.id, () =>
          prepareRecovery(context.store, asBlock(block), newGenerationStamp, truncateBytes),
        )
        return { outcome: 'done', ...(replica === undefined ? {} : { replica }) }
      }
      case 'finish-recovery':
        return await this.#finishRecovery(
          asBlock(command.block),
          command.from && asBlock(command.from),
        )
      case 'full-report':
        requestFullReport()
        return { outcome: 'done' }
      case 'copy-rate':
        setCopyRate(command.bytesPerSecond)
        return { outcome: 'done' }
    }
  }

  async #copy(
    block: { readonly id: number; readonly generationStamp: number },
    targets: readonly TransferTarget[],
  ): Promise<Result> {
    const { context, session, signal } = this.#options
    const replica = context.store.get(block.id)
    if (replica?.kind !== 'finalized' || replica.generationStamp !== block.generationStamp) {
      throw new DfsError('REPLICA_NOT_FOUND', `block ${block.id} is not finalized in that version`)
    }
    await sendReplica(context, replica, targets.map(datanodeInfo), {
      storageIds: targets.map(({ storageId }) => storageId),
      storageTypes: targets.map(({ storageType }) => StorageTypeEnum[storageType]),
      clientName: '',
      blockPoolId: session.blockPoolId ?? '',
      // The namenode chose them and said where they are: nothing to ask.
      addressOf: async (target) => transferAddress(target),
      signal,
    })
    return { outcome: 'done' }
  }

  /** The old place is told before the new one: for a moment too few are better than two that are one. */
  async #move(block: Block, target: StorageId): Promise<Result> {
    const { context, signal } = this.#options
    const { clock } = context.seams
    const pace = async (bytes: number) => {
      const pauseMs = context.copyThrottle.spend(bytes, clock.monotonicMs())
      signal.throwIfAborted()
      if (pauseMs > 0) await clock.sleep(pauseMs, signal)
    }
    const { from, to } = await noticingDamage(context, block.id, () =>
      moveReplica(context.store, block, target, pace),
    )
    if (from !== undefined) context.events.deleted(from)
    await context.events.received(to)
    return { outcome: 'done' }
  }

  async #delete(
    storageId: string,
    blocks: readonly { readonly id: number; readonly generationStamp: number }[],
  ): Promise<Result> {
    const { store, events } = this.#options.context
    const refusals: string[] = []
    const deleted: Replica[] = []
    try {
      for (const block of blocks) {
        try {
          const replica = await store.delete(block.id, block.generationStamp, storageId)
          if (replica !== undefined) deleted.push(replica)
        } catch (error) {
          const failure = toDfsError(error)
          // A newer version stays; the order for the others is carried out all the same.
          if (failure.code !== 'STALE_GENERATION') throw error
          refusals.push(failure.message)
        }
      }
    } finally {
      // The namenode forgets what is reported as gone: it must not come back with a power cut.
      await store.syncNames(deleted)
      for (const replica of deleted) events.deleted(replica)
    }
    if (refusals.length === 0) return { outcome: 'done' }
    return { outcome: 'refused', message: refusals.join('; ').slice(0, MAX_MESSAGE_LENGTH) }
  }

  /** Cuts the block, or makes it of the beginning of another one; damage met on the way is reported. */
  async #finishRecovery(block: Block, from: Block | undefined): Promise<Result> {
    const { context } = this.#options
    const { store } = context
    const replica = await noticingDamage(context, (from ?? block).id, () =>
      from === undefined ? finishRecovery(store, block) : copyBeginning(store, from, block),
    )
    crashPoint('recovery.finished')
    // It was read before it took part: whatever it was called is over.
    store.markCorrupt(replica.id, false)
    await context.events.received(replica)
    return { outcome: 'done' }
  }

  /** The answer to a good replica is `refused`: what a reader suspected is not so. */
  async #verify(block: { readonly id: number }): Promise<Result> {
    const { context } = this.#options
    const replica = context.store.get(block.id)
    if (replica === undefined) {
      throw new DfsError('REPLICA_NOT_FOUND', `block ${block.id} is not here`)
    }
    const finding = await examineReplica(context, replica, async () => {})
    if (finding === 'corrupt') return { outcome: 'done' }
    context.store.markCorrupt(block.id, false)
    return { outcome: 'refused', message: 'the replica is good' }
  }

  async #attest(
    block: {
      readonly id: number
      readonly generationStamp: number
      readonly lengthBytes: number
    },
    storage: string | undefined,
  ): Promise<Result> {
    const { context } = this.#options
    const replica = context.store.get(block.id)
    const isAsTold =
      replica?.kind === 'finalized' &&
      replica.generationStamp === block.generationStamp &&
      replica.lengthBytes === block.lengthBytes &&
      (storage === undefined || replica.volume.storageId === storage)
    if (!isAsTold) throw new DfsError('REPLICA_NOT_FOUND', `block ${block.id} is not here as told`)
    const finding = await examineReplica(context, replica, async () => {})
    const isSound = finding === 'sound' && context.store.get(block.id) === replica
    if (isSound) context.store.markCorrupt(block.id, false)
    return isSound
      ? { outcome: 'done' }
      : { outcome: 'refused', message: `block ${block.id} is not sound` }
  }
}

function asBlock(block: {
  readonly id: number
  readonly generationStamp: number
  readonly lengthBytes: number
}): Block {
  return {
    id: blockId(block.id),
    generationStamp: generationStamp(block.generationStamp),
    lengthBytes: block.lengthBytes,
  }
}

function datanodeInfo({ host, port, datanodeUuid }: TransferTarget): DatanodeInfo {
  const id = { ipAddr: host, hostName: host, datanodeUuid, xferPort: port, infoPort: 0, ipcPort: 0 }
  return { id }
}
