/** Sizes for people. `hadoopSize` is what `hdfs dfs -ls -h` prints; `binarySize` is for reports and progress. */

const PREFIXES = ['K', 'M', 'G', 'T', 'P', 'E'] as const

/** `1536` as `1.5 K`, `1024` as `1 K`, `512` as `512`: one decimal unless the division is exact. */
export function hadoopSize(bytes: number): string {
  if (bytes < 0) return `-${hadoopSize(-bytes)}`
  if (bytes < 1024) return `${bytes}`
  let power = Math.min(Math.floor(Math.log2(bytes) / 10), PREFIXES.length)
  // A logarithm may round up at the border of a power.
  if (1024 ** power > bytes) power -= 1
  const value = bytes / 1024 ** power
  if (Number.isInteger(value)) return `${value} ${PREFIXES[power - 1]}`
  const text = value.toFixed(1)
  if (text.startsWith('1024') && power < PREFIXES.length) return `1.0 ${PREFIXES[power]}`
  return `${text} ${PREFIXES[power - 1]}`
}

/** As `hadoopSize` with the unit behind it: `1.5 KB`, and `512 B`. The form of `dfsadmin -report`. */
export function sizeWithUnit(bytes: number, decimals = 2): string {
  if (bytes < 0) return `-${sizeWithUnit(-bytes, decimals)}`
  if (bytes < 1024) return `${bytes} B`
  let power = Math.min(Math.floor(Math.log2(bytes) / 10), PREFIXES.length)
  if (1024 ** power > bytes) power -= 1
  const value = bytes / 1024 ** power
  const text = Number.isInteger(value) ? `${value}` : value.toFixed(decimals)
  return `${text} ${PREFIXES[power - 1]}B`
}

/** Bytes, or Hadoop's short form of them. */
export const sizeFormat = (human: boolean | undefined): ((bytes: number) => string) =>
  human === true ? hadoopSize : String

/** `0.5` as `50%`. A share of nothing is `0%`, where Hadoop prints `NaN%`. */
export const percent = (part: number, whole: number, decimals = 0): string =>
  `${whole === 0 ? (0).toFixed(decimals) : ((part / whole) * 100).toFixed(decimals)}%`
