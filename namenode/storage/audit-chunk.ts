/**
 * Lines of the audit log as bytes, gathered until they are written. Put together from pieces that are encoded once: joining
 * and encoding a line as text costs half as much as the operation that it is about.
 */
import {
  AUDIT_TARGET,
  type AuditedOperation,
  auditHead,
  auditPath,
  auditTail,
} from './audit-line.js'

type Operation = Omit<AuditedOperation, 'timeMs'>

/** Encoded pieces for operations that differ in their paths only. */
interface Pieces {
  readonly like: Operation
  readonly head: Buffer
  readonly tail: Buffer
}

const CHUNK_BYTES = 256 * 1024
/** In UTF-8. */
const MAX_BYTES_PER_CHARACTER = 3
/** Users whose pieces are kept. */
const MAX_USERS = 200
const TARGET = Buffer.from(AUDIT_TARGET)
const NO_TARGET = Buffer.from(`${AUDIT_TARGET}null`)

export class AuditChunks {
  /** Full chunks, the oldest first. */
  readonly full: Uint8Array[] = []
  readonly #pieces = new Map<string, Map<string, Pieces>>()
  #chunk = Buffer.alloc(0)
  #bytes = 0

  get isEmpty(): boolean {
    return this.#bytes === 0 && this.full.length === 0
  }

  /** Adds a line. @param time encoded: operations of the same millisecond share it */
  add(operation: Operation, time: Buffer): void {
    const { head, tail } = this.#piecesOf(operation)
    const source = auditPath(operation.path)
    const target = operation.target === undefined ? '' : auditPath(operation.target)
    const fixed = time.length + head.length + NO_TARGET.length + tail.length
    const most = fixed + (source.length + target.length) * MAX_BYTES_PER_CHARACTER
    if (this.#bytes + most > this.#chunk.length) this.seal(Math.max(CHUNK_BYTES, most))
    this.#put(time)
    this.#put(head)
    this.#bytes += this.#chunk.write(source, this.#bytes)
    this.#put(operation.target === undefined ? NO_TARGET : TARGET)
    if (target !== '') this.#bytes += this.#chunk.write(target, this.#bytes)
    this.#put(tail)
  }

  /** Counts what was gathered as full. */
  seal(nextBytes = 0): void {
    if (this.#bytes > 0) this.full.push(this.#chunk.subarray(0, this.#bytes))
    this.#chunk = nextBytes === 0 ? Buffer.alloc(0) : Buffer.allocUnsafe(nextBytes)
    this.#bytes = 0
  }

  #put(bytes: Buffer): void {
    this.#chunk.set(bytes, this.#bytes)
    this.#bytes += bytes.length
  }

  #piecesOf(operation: Operation): Pieces {
    let ofUser = this.#pieces.get(operation.user)
    const known = ofUser?.get(operation.command)
    if (known !== undefined && isAlike(known.like, operation)) return known
    if (ofUser === undefined) {
      if (this.#pieces.size >= MAX_USERS) this.#pieces.clear()
      ofUser = new Map()
      this.#pieces.set(operation.user, ofUser)
    }
    const head = Buffer.from(auditHead(operation))
    const pieces = { like: operation, head, tail: Buffer.from(auditTail(operation)) }
    ofUser.set(operation.command, pieces)
    return pieces
  }
}

const isAlike = (left: Operation, right: Operation): boolean =>
  left.address === right.address &&
  left.face === right.face &&
  left.outcome === right.outcome &&
  left.permission === right.permission
