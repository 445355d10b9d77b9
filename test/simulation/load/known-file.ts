/**
 * What the clients of a simulation know of their files: a model with three truths. A change that was answered happened,
 * one that was refused or not answered may have happened, and stays in doubt for good (Jepsen's ok, fail and unknown).
 */

export interface KnownFile {
  readonly tag: string
  path: string
  presence: 'present' | 'absent' | 'unknown'
  /** The name that it gets by a rename without an answer: it has this one, or still that of `path`. */
  renamedTo: string | undefined
  /** How often its end was written: no two ends have the same bytes. */
  changes: number
  /** Bytes that were promised to be durable: by a close or an hsync that succeeded. */
  acknowledged: Buffer
  /** All that may be there: begins with what was acknowledged. */
  attempted: Buffer
  /** The last change of the content succeeded, so that the next one has a definite beginning. */
  isDefinite: boolean
  /** The last close succeeded: every block of it is committed. */
  isClosed: boolean
}

/** The file has exactly one of these names; empty when it may have none. */
export function possiblePaths({ path, presence, renamedTo }: KnownFile): readonly string[] {
  if (presence === 'present') return [path]
  return renamedTo === undefined ? [] : [path, renamedTo]
}

const PATTERN_BYTES = 16

/** Bytes that tell whose they are and where they belong, so that a misplaced piece shows. */
function contentOf(tag: string, offset: number, lengthBytes: number): Buffer {
  const first = Math.floor(offset / PATTERN_BYTES)
  const last = Math.ceil((offset + lengthBytes) / PATTERN_BYTES)
  const parts: string[] = []
  for (let index = first; index < last; index += 1) {
    parts.push(`${tag}:${index};`.padEnd(PATTERN_BYTES, '.').slice(0, PATTERN_BYTES))
  }
  const start = offset - first * PATTERN_BYTES
  return Buffer.from(parts.join(''), 'latin1').subarray(start, start + lengthBytes)
}

/** What its bytes will be with a new end of `lengthBytes` behind those that are acknowledged. */
export function withNewEnd(file: KnownFile, lengthBytes: number): Buffer {
  const { tag, acknowledged } = file
  file.changes += 1
  // What stood there before a truncation must not pass for what is there now.
  const end = contentOf(`${tag}.${file.changes}`, acknowledged.length, lengthBytes)
  return Buffer.concat([acknowledged, end])
}

/** Why these cannot be the bytes of the file; undefined when they can (invariants I1 and I2). */
export function complaintAbout(file: KnownFile, bytes: Buffer): string | undefined {
  const { attempted, acknowledged, path } = file
  if (bytes.length < acknowledged.length) {
    return `I1: ${path} has ${bytes.length} bytes, ${acknowledged.length} were acknowledged`
  }
  if (bytes.length > attempted.length) {
    return `I2: ${path} has ${bytes.length} bytes, only ${attempted.length} were ever written`
  }
  if (bytes.equals(attempted.subarray(0, bytes.length))) return undefined
  const at = bytes.findIndex((byte, index) => byte !== attempted[index])
  return `I2: ${path} has wrong bytes from ${at} on (of ${bytes.length})`
}
