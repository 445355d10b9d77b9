/**
 * Who a caller is: its groups, and whether it may do everything. Groups come from the static list of the settings, for
 * users that it does not name from the operator's command, or without one from this machine's /etc/group and
 * /etc/passwd. The files are read as text: asking `id` would start a process for each name that a client can make up.
 */
import type { Clock } from '../../../shared/clock.js'
import type { Log } from '../../../shared/log.js'
import type { Principal } from '../../../shared/principal.js'
import type { GroupSettings } from '../../config.js'
import { parseStaticGroups } from '../../policy/static-groups.js'
import { GroupCommand, type GroupCommandOptions } from './group-command.js'

export interface PrincipalsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly superuser: string
  readonly supergroup: string
  readonly groups?: GroupSettings | undefined
  /** Runs a program without a shell. */
  readonly runProgram: GroupCommandOptions['run']
  /** The text of a system file; rejects when there is none, as on systems without these files. */
  readonly readSystemFile: (path: string) => Promise<string>
}

/** Hadoop's own cache of groups lives as long. */
const DEFAULT_GROUPS: GroupSettings = {
  staticGroups: '',
  command: '',
  timeoutMs: 5_000,
  cacheMs: 5 * 60_000,
}

export class Principals {
  readonly #options: PrincipalsOptions
  #settings: GroupSettings
  #staticGroups: ReadonlyMap<string, readonly string[]>
  #command: GroupCommand
  #groupsByUser: ReadonlyMap<string, readonly string[]> = new Map()
  #readAtMs = Number.NEGATIVE_INFINITY

  private constructor(options: PrincipalsOptions) {
    this.#options = options
    this.#settings = options.groups ?? DEFAULT_GROUPS
    this.#staticGroups = parseStaticGroups(this.#settings.staticGroups)
    this.#command = this.#commandOf(this.#settings)
  }

  static async open(options: PrincipalsOptions): Promise<Principals> {
    const principals = new Principals(options)
    await principals.refresh()
    return principals
  }

  get settings(): GroupSettings {
    return this.#settings
  }

  /** Other sources from now on. */
  set settings(settings: GroupSettings) {
    this.#settings = settings
    this.#staticGroups = parseStaticGroups(settings.staticGroups)
    this.#command = this.#commandOf(settings)
  }

  /** To be awaited before a call of this user; undefined when there is nothing to wait for. */
  know(user: string): Promise<void> | undefined {
    return this.#staticGroups.has(user) ? undefined : this.#command.know(user)
  }

  /** A user that the system does not know belongs to no group. */
  principal(user: string): Principal {
    const groups = this.groupsOf(user)
    const { superuser, supergroup } = this.#options
    return { user, groups, isSuperuser: user === superuser || groups.includes(supergroup) }
  }

  /** Primary group first. */
  groupsOf(user: string): readonly string[] {
    const named = this.#staticGroups.get(user)
    if (named !== undefined) return named
    if (this.#command.isUsed) return this.#command.groupsOf(user)
    const { clock } = this.#options
    if (clock.monotonicMs() - this.#readAtMs > this.#settings.cacheMs) void this.#readFiles()
    return this.#groupsByUser.get(user) ?? []
  }

  /** Asks all sources again. What was known stays when they cannot be read. */
  async refresh(): Promise<void> {
    await Promise.all([this.#readFiles(), this.#command.refresh()])
  }

  #commandOf({ command, timeoutMs, cacheMs }: GroupSettings): GroupCommand {
    const { clock, log, runProgram: run } = this.#options
    return new GroupCommand({ clock, log, run, command, timeoutMs, cacheMs })
  }

  async #readFiles(): Promise<void> {
    // Set before reading, so that callers during the read do not start another.
    this.#readAtMs = this.#options.clock.monotonicMs()
    try {
      const [users, groups] = await Promise.all(
        ['/etc/passwd', '/etc/group'].map(this.#options.readSystemFile),
      )
      this.#groupsByUser = parseGroups(users ?? '', groups ?? '')
    } catch (error) {
      this.#options.log.warn({ error }, 'groups of users cannot be read')
    }
  }
}

/** @param users passwd(5) · @param groups group(5) */
export function parseGroups(users: string, groups: string): Map<string, readonly string[]> {
  const nameById = new Map<string, string>()
  const members: { readonly group: string; readonly users: readonly string[] }[] = []
  for (const [name, , id, list] of records(groups)) {
    if (name === undefined || id === undefined) continue
    nameById.set(id, name)
    members.push({ group: name, users: (list ?? '').split(',').filter((it) => it !== '') })
  }
  const found = new Map<string, string[]>()
  const add = (user: string, group: string) => {
    const known = found.get(user)
    if (known === undefined) found.set(user, [group])
    else if (!known.includes(group)) known.push(group)
  }
  for (const [user, , , primaryId] of records(users)) {
    const primary = nameById.get(primaryId ?? '')
    if (user !== undefined && primary !== undefined) add(user, primary)
  }
  for (const { group, users: names } of members) for (const user of names) add(user, group)
  return found
}

function records(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
}
