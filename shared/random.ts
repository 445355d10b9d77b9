/** Chance as a dependency, so that a seed repeats a run. */
import { randomBytes, randomUUID } from 'node:crypto'

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, limit). */
  below(limit: number): number
  /** `count` random bytes. */
  bytes(count: number): Buffer
  /** A version 4 UUID. */
  uuid(): string
}

export const systemRandom: Random = {
  next: () => Math.random(),
  below: (limit) => Math.floor(Math.random() * limit),
  bytes: (count) => randomBytes(count),
  uuid: () => randomUUID(),
}

/** A reproducible generator (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const bytes = (count: number) => Buffer.from(Array.from({ length: count }, () => below(256)))
  const uuid = () => {
    const raw = bytes(16)
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80
    const hex = raw.toString('hex')
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-')
  }
  return { next, below, bytes, uuid }
}

/** A copy of `items` in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1)
    const swap = result[index] as T
    result[index] = result[other] as T
    result[other] = swap
  }
  return result
}
