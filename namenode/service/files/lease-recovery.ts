/**
 * Closes files whose writer is gone. The namespace fences the old writer with a new generation stamp; then the datanodes
 * that hold the last block are asked what they have, a length is agreed on (policy `recovery-length`), they cut to it,
 * and the file is closed with it. Every attempt is known by its stamp: late answers of an older one mean nothing. An
 * attempt goes on with the nodes that answer, so one that died cannot hold up the rest (reliability E15). A truncation
 * inside a block goes the same way, to a length that is given.
 */
import type { Clock } from '../../../shared/clock.js'
import type { CommandOutcome } from '../../../shared/control/messages.js'
import type { Block, BlockId, GenerationStamp, InodeId } from '../../../shared/ids.js'
import { generationStamp } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import {
  agreeOnLength,
  agreeOnTruncation,
  type RecoveryCandidate,
  type RecoveryDecision,
} from '../../policy/recovery-length.js'
import type { CommandBody, CommandEnd, CommandOutbox } from '../blocks/command-outbox.js'
import type { HeldReplica, ReplicaMap } from '../blocks/replica-map.js'
import type { Namespace } from '../namespace/namespace.js'
import type { BlockRecord } from '../namespace/namespace-model.js'

/** Longer than a heartbeat and its repetition, so that a healthy node has answered long before. */
const ANSWER_INTERVALS = 6
/** A slow disk. */
const READING_BYTES_PER_SECOND = 20_000_000
const MAX_ATTEMPTS_AT_ONCE = 1000
const FIRST_RETRY_MS = 1_000
const MAX_DOUBLINGS = 6
const MAX_FAILED = 10_000

export interface LeaseRecoveryServiceOptions {
  readonly clock: Clock
  readonly log: Log
  readonly namespace: Pick<Namespace, 'beginLeaseRecovery' | 'finishLeaseRecovery'>
  readonly map: ReplicaMap
  readonly outbox: CommandOutbox
  readonly heartbeatIntervalMs: number
  /** Every known node has reported or is dead: only then does "nobody has it" mean anything. */
  readonly isWholePictureKnown: () => boolean
}

interface BegunRecovery {
  readonly block: BlockRecord
  readonly newGenerationStamp: GenerationStamp
  readonly truncateBytes: number | undefined
  readonly copyTo?: BlockId | undefined
}

interface Answer {
  readonly held: HeldReplica
  readonly end: CommandEnd
}

export class LeaseRecoveryService {
  readonly #options: LeaseRecoveryServiceOptions
  readonly #running = new Map<InodeId, Promise<void>>()
  /** Attempts that came to nothing: how often in a row, and from when on the next is worth its edit. */
  readonly #failed = new Map<InodeId, { readonly attempts: number; readonly dueMs: number }>()
  #isClosing = false

  constructor(options: LeaseRecoveryServiceOptions) {
    this.#options = options
  }

  /**
   * Starts to close an abandoned file, or joins the attempt that is under way.
   * @returns `closed` when there was nothing to agree on
   */
  async startLeaseRecovery(fileId: InodeId): Promise<'closed' | 'recovering'> {
    if (this.#isClosing || this.#running.has(fileId)) return 'recovering'
    if (this.#running.size >= MAX_ATTEMPTS_AT_ONCE) return 'recovering'
    const begin = this.#begin(fileId)
    // Registered before the first pause, so that a second caller never begins a second attempt.
    const whole = begin.then((it) => it.attempt)
    this.#running.set(
      fileId,
      whole.finally(() => this.#running.delete(fileId)).catch(() => undefined),
    )
    return (await begin).kind
  }

  isRunning(fileId: InodeId): boolean {
    return this.#running.has(fileId)
  }

  /** Files whose attempt came to nothing a while ago, for instance because no datanode had registered yet. */
  dueAgain(limit: number): InodeId[] {
    const nowMs = this.#options.clock.monotonicMs()
    const due: InodeId[] = []
    for (const [fileId, { dueMs }] of this.#failed) {
      if (due.length >= limit) break
      if (dueMs <= nowMs && !this.#running.has(fileId)) due.push(fileId)
    }
    return due
  }

  /** Waits for what can still end; commands that were handed out are answered into the void. */
  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.race([Promise.allSettled(this.#running.values()), Promise.resolve()])
  }

  async #begin(
    fileId: InodeId,
  ): Promise<{ readonly kind: 'closed' | 'recovering'; readonly attempt: Promise<void> }> {
    const begun = await this.#options.namespace.beginLeaseRecovery(fileId)
    if (begun.kind === 'closed') {
      this.#failed.delete(fileId)
      return { kind: 'closed', attempt: Promise.resolve() }
    }
    const attempt = this.#attempt(fileId, begun)
      .catch((error: unknown) => {
        this.#options.log.warn(
          { fileId, blockId: begun.block.id, error: String(error) },
          'recovery of an abandoned file failed; it will be tried again',
        )
        return false
      })
      .then((isClosed) => this.#note(fileId, isClosed))
    return { kind: 'recovering', attempt }
  }

  async #attempt(fileId: InodeId, begun: BegunRecovery): Promise<boolean> {
    const { map, namespace, log } = this.#options
    const { block, newGenerationStamp: stamp, truncateBytes } = begun
    const holders = firstOfEachNode(map.held(block.id, block))
    const reachable = holders.filter((it) => it.liveness !== 'dead')
    const prepare = (held: HeldReplica) =>
      this.#ask(held, {
        kind: 'prepare-recovery',
        block: wire(block),
        newGenerationStamp: stamp,
        ...(truncateBytes === undefined ? {} : { truncateBytes }),
      })
    const isCorrupt = (it: HeldReplica) => it.judgement === 'corrupt'
    const answers = await Promise.all(reachable.filter((it) => !isCorrupt(it)).map(prepare))
    let decision = decide(begun, answers.flatMap(candidateOf))
    if (decision.kind === 'undecided') {
      // What is known to be bad must not become good by a new stamp, but its disk may have erred once: it is read before it
      // answers, and is asked where nobody else has the bytes.
      answers.push(...(await Promise.all(reachable.filter(isCorrupt).map(prepare))))
      decision = decide(begun, answers.flatMap(candidateOf))
    }
    if (decision.kind === 'undecided') {
      if (this.#isSurelyEmpty(block, holders, answers)) {
        await namespace.finishLeaseRecovery(fileId, { ...wire(block), generationStamp: stamp })
      } else {
        log.warn({ fileId, blockId: block.id }, 'no replica of an abandoned block can be reached')
        return false
      }
      return true
    }
    const agreed: Block = {
      id: begun.copyTo ?? block.id,
      generationStamp: stamp,
      lengthBytes: decision.lengthBytes,
    }
    if (
      agreed.lengthBytes > 0 &&
      !(await this.#cut(agreed, begun, reachable, decision.participants))
    ) {
      log.warn({ fileId, blockId: block.id }, 'no datanode finished the recovery of a block')
      return false
    }
    await namespace.finishLeaseRecovery(fileId, agreed)
    log.info({ fileId, ...agreed }, 'abandoned file closed')
    return true
  }

  /** Each attempt costs an edit, so those that fail again and again come ever more rarely. */
  #note(fileId: InodeId, isClosed: boolean): void {
    const attempts = (this.#failed.get(fileId)?.attempts ?? 0) + 1
    this.#failed.delete(fileId)
    if (isClosed) return
    const pauseMs = FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, MAX_DOUBLINGS)
    this.#failed.set(fileId, { attempts, dueMs: this.#options.clock.monotonicMs() + pauseMs })
    if (this.#failed.size <= MAX_FAILED) return
    const [oldest] = this.#failed.keys()
    // The namespace lists it again by itself after a while.
    if (oldest !== undefined) this.#failed.delete(oldest)
  }

  /** @returns whether at least one node has the agreed version now */
  async #cut(
    agreed: Block,
    { block, copyTo }: BegunRecovery,
    reachable: readonly HeldReplica[],
    participants: readonly string[],
  ): Promise<boolean> {
    const { map } = this.#options
    const answers = await Promise.all(
      reachable
        .filter((it) => participants.includes(it.datanodeUuid))
        .map((held) =>
          this.#ask(held, {
            kind: 'finish-recovery',
            block: agreed,
            ...(copyTo === undefined ? {} : { from: wire(block) }),
          }),
        ),
    )
    const done = answers.filter((it) => it.end.outcome === 'done')
    map.store.transaction(() => {
      for (const { held } of done) {
        held.storage.recentEvents.note(agreed.id)
        map.received(held.storage, agreed)
      }
    })
    return done.length > 0
  }

  #ask(held: HeldReplica, body: CommandBody): Promise<Answer> {
    const { outbox, heartbeatIntervalMs } = this.#options
    return new Promise((resolve) => {
      const onEnd = (end: CommandEnd) => resolve({ held, end })
      // A replica is read before it is answered for.
      const readingMs = (held.row.lengthBytes / READING_BYTES_PER_SECOND) * 1000
      const timeoutMs = ANSWER_INTERVALS * heartbeatIntervalMs + readingMs
      const id = outbox.offer(held.storage.node.uuid, { body, timeoutMs, onEnd })
      if (id === undefined) onEnd({ outcome: 'dropped' })
    })
  }

  /** Nothing was promised to readers, and every node that could hold a byte says that it does not. */
  #isSurelyEmpty(
    block: BlockRecord,
    holders: readonly HeldReplica[],
    answers: readonly Answer[],
  ): boolean {
    if (block.lengthBytes > 0 || !this.#options.isWholePictureKnown()) return false
    const everyoneAnswered = answers.every(
      ({ end }) => (end.outcome === 'done' || end.outcome === 'refused') && !hasReplica(end),
    )
    return everyoneAnswered && answers.length === holders.length
  }
}

function decide(
  { block, truncateBytes }: BegunRecovery,
  candidates: readonly RecoveryCandidate[],
): RecoveryDecision {
  const { generationStamp: known, lengthBytes: visibleBytes } = block
  if (truncateBytes !== undefined) {
    return agreeOnTruncation(candidates, { generationStamp: known, truncateBytes })
  }
  return agreeOnLength(candidates, { generationStamp: known, visibleBytes })
}

function wire(block: Block): Block {
  const { id, generationStamp: stamp, lengthBytes } = block
  return { id, generationStamp: stamp, lengthBytes }
}

function firstOfEachNode(replicas: readonly HeldReplica[]): HeldReplica[] {
  const seen = new Set<string>()
  return replicas.filter((it) => {
    const isFirst = !seen.has(it.datanodeUuid)
    seen.add(it.datanodeUuid)
    return isFirst
  })
}

function hasReplica(end: CommandEnd): end is CommandOutcome {
  return 'replica' in end && end.replica !== undefined
}

function candidateOf({ held, end }: Answer): RecoveryCandidate[] {
  if (end.outcome !== 'done' || !('replica' in end) || end.replica === undefined) return []
  return [
    {
      datanodeUuid: held.datanodeUuid,
      generationStamp: generationStamp(end.replica.generationStamp),
      lengthBytes: end.replica.lengthBytes,
    },
  ]
}
