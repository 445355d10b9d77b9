/**
 * Who did how much of what in the last minutes, in bounded memory: counts by user and command in slices of time. As
 * HDFS's nntop has it, with the same windows.
 */

/** Windows of time that are reported. */
export const TOP_WINDOWS_MS = [60_000, 5 * 60_000, 25 * 60_000] as const
const SLICE_MS = 10_000
const SLICES = 25 * 6
/** Users that are told apart in one slice; the rest counts as one. */
const MAX_USERS = 200
export const OTHER_USERS = '(others)'

type Counts = Map<string, Map<string, number>>

export interface TopUser {
  readonly user: string
  readonly count: number
}

export interface TopCommand {
  /** `*` for all commands together. */
  readonly command: string
  readonly totalCount: number
  /** Busiest first. */
  readonly users: readonly TopUser[]
}

export class RollingCounts {
  readonly #slices: { number: number; counts: Counts }[] = []

  /** @param nowMs monotonic */
  add(nowMs: number, user: string, command: string): void {
    const counts = this.#sliceAt(nowMs)
    let commands = counts.get(user)
    if (commands === undefined) {
      const name = counts.size < MAX_USERS ? user : OTHER_USERS
      commands = counts.get(name) ?? new Map()
      counts.set(name, commands)
    }
    commands.set(command, (commands.get(command) ?? 0) + 1)
  }

  /** What happened in the last `windowMs`, the most frequent command first, with up to `limit` users each. */
  top(nowMs: number, windowMs: number, limit: number): TopCommand[] {
    const first = Math.floor((nowMs - windowMs) / SLICE_MS) + 1
    const byCommand: Counts = new Map([['*', new Map()]])
    for (const { number, counts } of this.#slices) {
      if (number < first) continue
      for (const [user, commands] of counts) {
        for (const [command, count] of commands) {
          for (const key of [command, '*']) {
            const users = byCommand.get(key) ?? new Map<string, number>()
            byCommand.set(key, users)
            users.set(user, (users.get(user) ?? 0) + count)
          }
        }
      }
    }
    return [...byCommand]
      .map(([command, users]) => summary(command, users, limit))
      .filter(({ totalCount }) => totalCount > 0)
      .toSorted((left, right) => right.totalCount - left.totalCount)
  }

  #sliceAt(nowMs: number): Counts {
    const number = Math.floor(nowMs / SLICE_MS)
    const last = this.#slices.at(-1)
    if (last?.number === number) return last.counts
    const counts: Counts = new Map()
    this.#slices.push({ number, counts })
    while ((this.#slices[0]?.number ?? number) <= number - SLICES) this.#slices.shift()
    return counts
  }
}

function summary(command: string, counts: ReadonlyMap<string, number>, limit: number): TopCommand {
  const users = [...counts].map(([user, count]) => ({ user, count }))
  const totalCount = users.reduce((sum, { count }) => sum + count, 0)
  const busiest = users.toSorted((left, right) => right.count - left.count).slice(0, limit)
  return { command, totalCount, users: busiest }
}
