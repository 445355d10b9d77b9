/** Durations for people: two units at most, rounded. */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** `3 min 20 s`; `less than 1 s`. Pure. */
export function timeLeft(milliseconds: number): string {
  let rest = Math.round(milliseconds / 1000) * 1000
  const parts: string[] = []
  for (const [unit, factor] of UNITS) {
    const count = Math.floor(rest / factor)
    rest -= count * factor
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.length === 0 ? 'less than 1 s' : parts.join(' ')
}
