/** JSON with Java's longs: some, such as the root's namespace quota of 2^63 - 1, are no exact number here. */

/** Marks a bigint on its way through `JSON.stringify`; no name or attribute of a file holds a NUL. */
const MARK = '\u0000long:'
const MARKED = /"\\u0000long:(-?\d+)"/g

/** Long.MAX_VALUE. */
export const MAX_LONG = 2n ** 63n - 1n

/** As `JSON.stringify`; a bigint becomes a bare number. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, it: unknown) =>
    typeof it === 'bigint' ? `${MARK}${it}` : it,
  )
  return text.replaceAll(MARKED, '$1')
}
