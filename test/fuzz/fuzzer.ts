/**
 * Throws seeded bytes at a target and checks again and again that it is well. A round depends on the seed and its own
 * number alone, so that a finding is repeated by both, however many rounds went before.
 */
import { createHash } from 'node:crypto'
import { type Random, seededRandom } from '../../shared/random.js'

export interface FuzzTarget {
  readonly name: string
  /** The input of one round. */
  make(random: Random): Buffer
  /** Hands it over; resolves when the target has had its chance. */
  feed(input: Buffer): Promise<void>
  /** Throws when the target is not as it was: crashed, hanging, leaking, or with failures in its log. */
  check(): Promise<void>
}

export interface FuzzOptions {
  readonly seed: number
  /** Ends after so many rounds, or when `isOver` says so. */
  readonly rounds?: number
  readonly isOver?: () => boolean
}

export interface Finding {
  readonly target: string
  readonly seed: number
  readonly round: number
  readonly input: Buffer
  readonly error: unknown
}

export interface FuzzResult {
  readonly rounds: number
  readonly finding: Finding | undefined
}

/** A check takes as long as several rounds. */
const ROUNDS_BETWEEN_CHECKS = 25

/** The input of a round, the same at any time. */
export function inputOf(target: FuzzTarget, seed: number, round: number): Buffer {
  const digest = createHash('sha256').update(`${target.name}:${seed}:${round}`).digest()
  return target.make(seededRandom(digest.readUInt32BE(0)))
}

/** Runs until the first finding. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, rounds = Number.POSITIVE_INFINITY, isOver = () => false } = options
  let since = 0
  let round = 0
  while (round < rounds && !isOver()) {
    const error = await problemOf(() => target.feed(inputOf(target, seed, round)))
    if (error !== undefined) return { rounds: round, finding: finding(target, seed, round, error) }
    round += 1
    if (round % ROUNDS_BETWEEN_CHECKS !== 0 && round < rounds) continue
    const sick = await problemOf(() => target.check())
    if (sick !== undefined) {
      return { rounds: round, finding: await narrow(target, seed, { since, until: round }, sick) }
    }
    since = round
  }
  const error = await problemOf(() => target.check())
  if (error === undefined) return { rounds: round, finding: undefined }
  return { rounds: round, finding: await narrow(target, seed, { since, until: round }, error) }
}

/** The first of the suspected rounds after which the target is not well by itself; else the last of them. */
async function narrow(
  target: FuzzTarget,
  seed: number,
  { since, until }: { readonly since: number; readonly until: number },
  error: unknown,
): Promise<Finding> {
  for (let round = since; round < until; round += 1) {
    const again = await problemOf(async () => {
      await target.feed(inputOf(target, seed, round))
      await target.check()
    })
    if (again !== undefined) return finding(target, seed, round, again)
  }
  return finding(target, seed, until - 1, error)
}

function finding(target: FuzzTarget, seed: number, round: number, error: unknown): Finding {
  return { target: target.name, seed, round, input: inputOf(target, seed, round), error }
}

async function problemOf(action: () => Promise<void>): Promise<unknown> {
  try {
    await action()
    return undefined
  } catch (error) {
    return error ?? new Error('failed with nothing')
  }
}

/** What a person needs to repeat it. */
export function describeFinding({ target, seed, round, input, error }: Finding): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return (
    `${target}: seed ${seed}, round ${round} (npm run fuzz -- --target ${target} --seed ${seed})\n` +
    `input (${input.length} bytes): ${input.toString('hex')}\n${what}`
  )
}
