/** The `Range` header of one range of bytes (RFC 9110 section 14). Pure. */
import { DfsError } from '../errors.js'

export interface ByteRange {
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/**
 * The part of a resource that a request asks for; undefined means all of it.
 *
 * Several ranges, other units and syntax errors are ignored, as the RFC allows: the whole resource is a right answer,
 * and a thousand overlapping ranges are then no work.
 * @throws DfsError RANGE_NOT_SATISFIABLE when the range starts behind the end
 */
export function parseByteRange(
  header: string | undefined,
  lengthBytes: number,
): ByteRange | undefined {
  const match = header === undefined ? null : /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim())
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  if (first === '') return suffixRange(Number(last), lengthBytes)
  const offsetBytes = Number(first)
  const endBytes = last === '' ? lengthBytes : Math.min(Number(last) + 1, lengthBytes)
  if (last !== '' && Number(last) < offsetBytes) return undefined
  if (offsetBytes >= lengthBytes) throw notSatisfiable(lengthBytes)
  return { offsetBytes, lengthBytes: endBytes - offsetBytes }
}

function suffixRange(count: number, lengthBytes: number): ByteRange {
  if (count === 0 || lengthBytes === 0) throw notSatisfiable(lengthBytes)
  const length = Math.min(count, lengthBytes)
  return { offsetBytes: lengthBytes - length, lengthBytes: length }
}

function notSatisfiable(lengthBytes: number): DfsError {
  return new DfsError('RANGE_NOT_SATISFIABLE', `the file has ${lengthBytes} bytes`, {
    details: { lengthBytes },
  })
}
