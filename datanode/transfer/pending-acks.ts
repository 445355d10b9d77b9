/**
 * Packets that were received and not yet acknowledged, in order. A packet is acknowledged when this node has its data
 * (on stable storage where asked) and the node behind has acknowledged it too.
 */
import { Status } from '../../shared/hadoop/schema/data-transfer.js'

export interface PendingAck {
  readonly seqno: number
  /** Bytes that must have reached the system. */
  readonly endBytes: number
  /** Number of the sync that must have ended; 0 for none. */
  readonly syncNumber: number
  readonly isLast: boolean
  /** What the nodes behind say; undefined until they do. */
  downstream: readonly number[] | undefined
}

export interface LocalProgress {
  readonly flushedBytes: number
  readonly syncNumber: number
  readonly isFinalized: boolean
}

/** An acknowledgement that is due. `isFailure`: nothing may follow it. */
export interface DueAck {
  readonly seqno: number
  readonly replies: readonly number[]
  readonly endBytes: number
  readonly isLast: boolean
  readonly isFailure: boolean
}

export class PendingAcks {
  readonly #hasMirror: boolean
  #entries: PendingAck[] = []
  /** How many entries at the front have been acknowledged by the node behind. */
  #answered = 0
  #answeredBytes = 0
  #hasFailed = false
  #hasLastAnswer = false
  /** When the node behind last owed nothing, or answered. */
  #lastProgressMs = 0

  /** @param hasMirror false: nobody is behind us, entries need no answer */
  constructor(hasMirror: boolean) {
    this.#hasMirror = hasMirror
  }

  get size(): number {
    return this.#entries.length
  }

  /** How many acknowledgements the node behind owes. */
  get owedDownstream(): number {
    return this.#entries.length - this.#answered
  }

  /** How long the node behind has owed an acknowledgement without giving one; a time when it owed none does not count. */
  silentForMs(nowMs: number): number {
    return this.owedDownstream === 0 ? 0 : nowMs - this.#lastProgressMs
  }

  /** Bytes that the nodes behind have verified: of packets that they have taken. */
  get answeredBytes(): number {
    return this.#answeredBytes
  }

  /** Nothing more will come from the node behind: it closes its connection while our own disk may still be busy. */
  get hasLastAnswer(): boolean {
    return this.#hasLastAnswer
  }

  push(entry: Omit<PendingAck, 'downstream'>, nowMs: number): void {
    if (this.owedDownstream === 0) this.#lastProgressMs = nowMs
    const { seqno, endBytes, syncNumber, isLast } = entry
    // Field by field: a spread costs a quarter of a second for each gigabyte.
    const downstream = this.#hasMirror ? undefined : []
    this.#entries.push({ seqno, endBytes, syncNumber, isLast, downstream })
    if (!this.#hasMirror) this.#answered += 1
  }

  /** Joins the next answer of the node behind; false when it is not the one that is due. */
  answer(seqno: number, replies: readonly number[], nowMs: number): boolean {
    const entry = this.#entries[this.#answered]
    if (entry === undefined || entry.seqno !== seqno) return false
    entry.downstream = replies
    this.#answered += 1
    this.#lastProgressMs = nowMs
    this.#hasLastAnswer = entry.isLast
    this.#hasFailed ||= replies.some((status) => status !== Status.SUCCESS)
    if (!this.#hasFailed) this.#answeredBytes = entry.endBytes
    return true
  }

  /** Takes out what may be acknowledged now. */
  takeDue(local: LocalProgress): DueAck[] {
    const due: DueAck[] = []
    for (const entry of this.#entries) {
      const ack = dueAck(entry, local)
      if (ack === undefined) break
      due.push(ack)
      if (ack.isFailure) break
    }
    if (due.length > 0) {
      this.#entries = this.#entries.slice(due.length)
      this.#answered = Math.max(0, this.#answered - due.length)
    }
    return due
  }
}

function dueAck(entry: PendingAck, local: LocalProgress): DueAck | undefined {
  const { seqno, endBytes, isLast } = entry
  const isDone =
    local.flushedBytes >= endBytes &&
    local.syncNumber >= entry.syncNumber &&
    (!isLast || local.isFinalized)
  const { downstream } = entry
  // A failure behind us is passed on at once: waiting for our own disk would not help anybody.
  const isFailure = downstream?.some((status) => status !== Status.SUCCESS) ?? false
  if (downstream === undefined || (!isDone && !isFailure)) return undefined
  return { seqno, replies: [Status.SUCCESS, ...downstream], endBytes, isLast, isFailure }
}
