/**
 * Who a caller is: its groups as this machine's /etc/group and /etc/passwd have them, and whether it may do everything.
 * The files are read as text: asking `id` would start a process for each unknown name that a client can make up.
 */
import type { Clock } from '../../shared/clock.js'
import type { Log } from '../../shared/log.js'
import type { Principal } from '../../shared/principal.js'

export interface PrincipalsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly superuser: string
  readonly supergroup: string
  /** The text of a system file; rejects when there is none, as on systems without these files. */
  readonly readSystemFile: (path: string) => Promise<string>
}

/** Hadoop's own cache of groups lives as long. */
const GROUPS_VALID_MS = 5 * 60_000

export class Principals {
  readonly #options: PrincipalsOptions
  #groupsByUser: ReadonlyMap<string, readonly string[]> = new Map()
  #readAtMs = Number.NEGATIVE_INFINITY

  private constructor(options: PrincipalsOptions) {
    this.#options = options
  }

  static async open(options: PrincipalsOptions): Promise<Principals> {
    const principals = new Principals(options)
    await principals.refresh()
    return principals
  }

  /** A user that the system does not know belongs to no group. */
  principal(user: string): Principal {
    const groups = this.groupsOf(user)
    const { superuser, supergroup } = this.#options
    return { user, groups, isSuperuser: user === superuser || groups.includes(supergroup) }
  }

  /** Primary group first. */
  groupsOf(user: string): readonly string[] {
    if (this.#options.clock.monotonicMs() - this.#readAtMs > GROUPS_VALID_MS) void this.refresh()
    return this.#groupsByUser.get(user) ?? []
  }

  /** Reads the files again. What was known stays when they cannot be read. */
  async refresh(): Promise<void> {
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
