/**
 * The stream of events, read from the log of edits: by transaction id, so that whoever stops can go on later, and with
 * a way to wait for more that costs the namespace nothing.
 */
import { DfsError } from '../../../shared/errors.js'
import type { EventBatch } from '../../../shared/events.js'
import type { Call } from '../access/call.js'
import type { Namespace } from '../namespace/namespace.js'
import { eventsOfEdit } from './edit-events.js'
import { EventVisibility } from './event-visibility.js'

export interface EventPage {
  readonly batches: readonly EventBatch[]
  /** The first and the last transaction that were looked at, with events or without; undefined when there was none. */
  readonly firstTransactionId: number | undefined
  readonly lastTransactionId: number | undefined
  /** The last one that is durable. */
  readonly syncTransactionId: number
}

/** Events of one answer, as `dfs.namenode.inotify.max.events.per.rpc` has it; a transaction is never divided. */
const PAGE_EVENTS = 1000
/** Edits that are looked at for one answer: most of a write have no event. */
const PAGE_EDITS = 2000

type Source = Pick<Namespace, 'editsAfter' | 'lastTransactionId' | 'onCommitted' | 'checkAccess'>

export class EventLog {
  readonly #namespace: Source
  readonly #waiting = new Set<() => void>()
  #lastTransactionId: number
  /** Those who follow closely ask for the same page at the same time. */
  #lastRead: { readonly after: number; readonly page: EventPage } | undefined

  constructor(namespace: Source) {
    this.#namespace = namespace
    this.#lastTransactionId = namespace.lastTransactionId()
    namespace.onCommitted(({ transactionId }) => {
      this.#lastTransactionId = Math.max(this.#lastTransactionId, transactionId)
      for (const wake of this.#waiting) wake()
    })
  }

  /** The last one that is durable. */
  get lastTransactionId(): number {
    return this.#lastTransactionId
  }

  /** What of the events `call` may see; `folder` as `EventVisibility` takes it. */
  visibleTo(call: Call, folder: string): EventVisibility {
    return new EventVisibility(this.#namespace, call, folder)
  }

  /** What followed the transaction `after`, oldest first: a page of it. No rights are checked. */
  readAfter(after: number): EventPage {
    const syncTransactionId = this.lastTransactionId
    const known = this.#lastRead
    if (known?.after === after && known.page.syncTransactionId === syncTransactionId) {
      return known.page
    }
    const page = this.#read(after, syncTransactionId)
    this.#lastRead = { after, page }
    return page
  }

  /**
   * As `readAfter`, but for readers that must not miss anything.
   * @throws DfsError EVENTS_MISSING when the log no longer has what followed, or has never had `after`
   */
  readGaplessly(after: number): EventPage {
    const page = this.readAfter(after)
    const { firstTransactionId, syncTransactionId } = page
    if (after > syncTransactionId) {
      const text = `There is no transaction ${after} yet: the last one is ${syncTransactionId}`
      throw new DfsError('EVENTS_MISSING', text, { details: { syncTransactionId } })
    }
    if (firstTransactionId !== undefined && firstTransactionId !== after + 1) {
      const text = `We expected the next batch of events to start with transaction ID ${after + 1}, but it instead started with transaction ID ${firstTransactionId}. Most likely the intervening transactions were cleaned up as part of checkpointing.`
      throw new DfsError('EVENTS_MISSING', text, { details: { firstTransactionId } })
    }
    return page
  }

  /** Resolves when there may be something after `after`; at once when there is, or when `signal` aborts. */
  async changedSince(after: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.lastTransactionId > after) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  #read(after: number, syncTransactionId: number): EventPage {
    // What a later commit brought is left for the next page: the answer says how far the log was read.
    const edits = this.#namespace
      .editsAfter(after, PAGE_EDITS)
      .filter(({ id }) => id <= syncTransactionId)
    const batches: EventBatch[] = []
    let events = 0
    let lastTransactionId: number | undefined
    for (const edit of edits) {
      if (events >= PAGE_EVENTS) break
      lastTransactionId = edit.id
      const batch = eventsOfEdit(edit)
      if (batch === undefined) continue
      batches.push(batch)
      events += batch.events.length
    }
    const firstTransactionId = edits[0]?.id
    return { batches, firstTransactionId, lastTransactionId, syncTransactionId }
  }
}
