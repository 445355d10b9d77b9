/**
 * Groups of users as a command of the operator tells them (`permission.groups-command`): for directories of users that
 * are in no file of this machine. Asked before a call of a user runs, remembered for a while, and asked again beside
 * the calls when that while is over, so that only a user's first call ever waits.
 */
import type { Clock } from '../../../shared/clock.js'
import { toDfsError } from '../../../shared/errors.js'
import type { Log } from '../../../shared/log.js'

export interface GroupCommandSettings {
  /** Program and arguments between spaces, `{user}` where the name goes, else at the end; empty: there is none. */
  readonly command: string
  readonly timeoutMs: number
  readonly cacheMs: number
}

export interface GroupCommandOptions extends GroupCommandSettings {
  readonly clock: Clock
  readonly log: Log
  /** Runs a program without a shell; rejects when it fails or takes too long. @returns what it printed */
  readonly run: (program: string, args: readonly string[], timeoutMs: number) => Promise<string>
}

interface Known {
  readonly groups: readonly string[]
  readonly learnedMs: number
}

const MAX_USERS = 10_000
/** Processes at a time: names are made up by whoever connects. */
const MAX_RUNNING = 8
const MAX_GROUPS = 1_000
/** A name that no program can take for an option or for several words. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,255}$/

export class GroupCommand {
  readonly #options: GroupCommandOptions
  readonly #known = new Map<string, Known>()
  readonly #running = new Map<string, Promise<void>>()

  constructor(options: GroupCommandOptions) {
    this.#options = options
  }

  get isUsed(): boolean {
    return this.#options.command !== ''
  }

  /** None for a user that was not asked for yet. */
  groupsOf(user: string): readonly string[] {
    return this.#known.get(user)?.groups ?? []
  }

  /** Resolves when the groups of the user are known; undefined when nothing is to be waited for. */
  know(user: string): Promise<void> | undefined {
    if (!this.isUsed || !PLAIN_NAME.test(user)) return undefined
    const { clock, cacheMs } = this.#options
    const known = this.#known.get(user)
    const isFresh = known !== undefined && clock.monotonicMs() - known.learnedMs < cacheMs
    if (isFresh) return undefined
    const asking = this.#running.get(user) ?? this.#ask(user)
    return known === undefined ? asking : undefined
  }

  /** What is known is asked anew; until then it stays in force. */
  async refresh(): Promise<void> {
    const users = [...this.#known].map(([user]) => user)
    for (const user of users) await (this.#running.get(user) ?? this.#ask(user))
  }

  #ask(user: string): Promise<void> | undefined {
    // Too many at once: the call goes on without groups, which refuses rather than allows.
    if (this.#running.size >= MAX_RUNNING) return undefined
    const asking = this.#learn(user).finally(() => this.#running.delete(user))
    this.#running.set(user, asking)
    return asking
  }

  async #learn(user: string): Promise<void> {
    const { clock, log, command, timeoutMs, run } = this.#options
    const words = command.split(' ').filter((it) => it !== '')
    const hasPlace = words.some((it) => it.includes('{user}'))
    const [program = '', ...args] = hasPlace
      ? words.map((it) => it.replaceAll('{user}', user))
      : [...words, user]
    let groups = this.groupsOf(user)
    try {
      const printed = await run(program, args, timeoutMs)
      groups = printed
        .split(/\s+/)
        .filter((it) => it !== '')
        .slice(0, MAX_GROUPS)
    } catch (error) {
      log.warn({ user, err: toDfsError(error) }, 'the groups of a user cannot be asked for')
    }
    this.#known.delete(user)
    this.#known.set(user, { groups, learnedMs: clock.monotonicMs() })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_USERS) break
      this.#known.delete(oldest)
    }
  }
}
