/** Sizes, durations and rates as people write them in settings: 1048576, 1MiB, 128m, 15s, 7d, 16MiB/s, 5%. */

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  p: 2 ** 50,
}

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * Bytes of `1048576`, `1MiB`, `128m`, `128 MB`. All units are powers of 1024, as in HDFS's own settings.
 * @returns undefined when the text is no size, or one that a number cannot hold exactly
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?$/i.exec(text.trim())
  if (match === null) return undefined
  const unit = SIZE_UNITS[(match[2] ?? '').toLowerCase()]
  if (unit === undefined) return undefined
  const bytes = Number(match[1]) * unit
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/**
 * Milliseconds of `15s`, `250ms`, `10m`, `7d`.
 * @param bareUnit what a number without a unit means; without it only `0` may stand alone
 */
export function parseDurationMs(
  text: string,
  bareUnit?: keyof typeof DURATION_UNITS_MS,
): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/i.exec(text.trim())
  if (match === null) return undefined
  const amount = Number(match[1])
  const written = match[2]?.toLowerCase().replace('min', 'm') ?? bareUnit
  if (written === undefined) return amount === 0 ? 0 : undefined
  const milliseconds = amount * (DURATION_UNITS_MS[written] ?? Number.NaN)
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}

/** The shortest exact form that `parseSize` reads back: `128MiB`, `1536KiB`, `1000`. */
export function formatSize(bytes: number): string {
  const units = ['PiB', 'TiB', 'GiB', 'MiB', 'KiB']
  for (const [position, unit] of units.entries()) {
    const factor = 2 ** (10 * (units.length - position))
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`
  }
  return String(bytes)
}

/** The shortest exact form that `parseDurationMs` reads back: `15s`, `90m`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0'
  for (const unit of ['d', 'h', 'm', 's']) {
    const factor = DURATION_UNITS_MS[unit] ?? 1
    if (milliseconds % factor === 0) return `${milliseconds / factor}${unit}`
  }
  return `${milliseconds}ms`
}
