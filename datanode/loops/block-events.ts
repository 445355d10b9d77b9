/**
 * Tells the namenode what happens to replicas, at once and in order: what is queued while one request is on its way
 * joins the next. A writer's last acknowledgement waits for the answer to `received` (so that `complete` finds the
 * block), but not for ever: the replica is safe by then, and the event stays queued.
 *
 * That a replica has begun can wait a moment, as in Apache's nodes: the namenode chose the place itself, and of a small
 * block the next word is that it is there, which is worth a request, and the other one is not.
 */
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import { type BlockEvent, BlockEventsReply, CONTROL_PATHS } from '../../shared/control/messages.js'
import { toDfsError } from '../../shared/errors.js'
import type { Seams } from '../../shared/seams.js'
import type { Replica } from '../blocks/replica.js'
import type { ReplicaEvents } from '../transfer/transfer-context.js'
import type { NamenodeSession } from './namenode-session.js'

const MAX_BATCH = 10_000
const MAX_QUEUED = 200_000
/** Clients give up on a pipeline after about a minute; they are told before. */
const RECEIVED_WAIT_MS = 20_000
const IDLE_MS = 60_000
/** How long the beginning of a replica is kept back. */
const BEGINNING_WAIT_MS = 1_000

interface QueuedEvent {
  readonly event: BlockEvent
  readonly onAnswered: (() => void) | undefined
}

export interface BlockEventLoopOptions {
  readonly session: NamenodeSession
  readonly seams: Seams
  /** Events were lost: the namenode must be told everything anew. */
  readonly onOverflow: () => void
}

export class BlockEventLoop implements ReplicaEvents {
  readonly #options: BlockEventLoopOptions
  readonly #loop: BackgroundLoop
  #queue: QueuedEvent[] = []
  /** Replicas that have begun, by block: not told yet. */
  readonly #begun = new Map<number, BlockEvent>()
  #cancelBegun: (() => void) | undefined
  #isStopped = false

  constructor(options: BlockEventLoopOptions) {
    this.#options = options
    const { clock, log } = options.seams
    this.#loop = new BackgroundLoop({
      name: 'block-events',
      clock,
      retryAfterMs: 100,
      onError: (error, context) => log.warn({ err: error, ...context }, 'block events not sent'),
      tick: () => this.#tick(),
    })
    options.session.onRegistered(() => this.#loop.wake())
  }

  start(): this {
    this.#loop.start()
    return this
  }

  /** Ends the loop; whoever waits for an answer is let go. */
  async stop(): Promise<void> {
    this.#cancelBegun?.()
    await this.#loop.stop()
    for (const { onAnswered } of this.#queue) onAnswered?.()
    this.#isStopped = true
  }

  get queued(): number {
    return this.#queue.length + this.#begun.size
  }

  receiving(replica: Replica): void {
    this.#begun.set(replica.id, eventOf(replica, 'receiving'))
    const { clock } = this.#options.seams
    this.#cancelBegun ??= clock.after(BEGINNING_WAIT_MS, () => {
      this.#cancelBegun = undefined
      for (const event of this.#begun.values()) this.#push(event)
      this.#begun.clear()
    })
  }

  deleted(replica: Replica): void {
    this.#tell(replica, 'deleted')
  }

  corrupt(replica: Replica): void {
    this.#tell(replica, 'corrupt')
  }

  mended(replica: Replica): void {
    this.#tell(replica, 'mended')
  }

  async received(replica: Replica): Promise<void> {
    const { clock } = this.#options.seams
    if (this.#isStopped) return
    await new Promise<void>((resolve) => {
      const cancel = clock.after(RECEIVED_WAIT_MS, resolve)
      this.#tell(replica, 'received', () => {
        cancel()
        resolve()
      })
    })
  }

  /** That a replica is there says that it has begun. */
  #tell(replica: Replica, kind: BlockEvent['kind'], onAnswered?: () => void): void {
    const begun = this.#begun.get(replica.id)
    this.#begun.delete(replica.id)
    if (begun !== undefined && kind !== 'received') this.#push(begun)
    this.#push(eventOf(replica, kind), onAnswered)
  }

  #push(event: BlockEvent, onAnswered?: () => void): void {
    if (this.#queue.length >= MAX_QUEUED) {
      this.#queue = this.#queue.slice(MAX_QUEUED / 2)
      this.#options.onOverflow()
    }
    this.#queue.push({ event, onAnswered })
    this.#loop.wake()
  }

  async #tick(): Promise<TickOutcome> {
    const { session } = this.#options
    if (this.#queue.length === 0 || session.agreement === undefined) {
      return { kind: 'idle', forMs: IDLE_MS }
    }
    const batch = this.#queue.slice(0, MAX_BATCH)
    const events = batch.map(({ event }) => event)
    try {
      await session.send('events', CONTROL_PATHS.blockEvents, { events }, BlockEventsReply)
    } catch (error) {
      // Without a session the heartbeat loop registers again, and that wakes this loop.
      if (toDfsError(error).code === 'UNREGISTERED_DATANODE')
        return { kind: 'idle', forMs: IDLE_MS }
      throw error
    }
    this.#queue = this.#queue.slice(batch.length)
    for (const { onAnswered } of batch) onAnswered?.()
    return { kind: 'again' }
  }
}

function eventOf(replica: Replica, kind: BlockEvent['kind']): BlockEvent {
  const { id, generationStamp, lengthBytes, volume } = replica
  return { kind, storageId: volume.storageId, block: { id, generationStamp, lengthBytes } }
}
