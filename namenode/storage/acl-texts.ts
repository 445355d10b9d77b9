/**
 * Access control lists as text in rows and edits: a JSON array of `[scope, type, permission, name?]` with the numbers of
 * Hadoop's protocol. Names of users may hold any character, so that the form `user:bob:rwx` could not be read back.
 */
import { ACL_SCOPES, ACL_TYPES, type AclEntry } from '../../shared/acl.js'

type Tuple = readonly [scope: number, type: number, permission: number, name?: string]

/** Lists are inherited, so that many inodes have the same few. */
const REMEMBERED = 1000

export function encodeAcl(acl: readonly AclEntry[]): string {
  const tuples = acl.map(({ scope, type, permission, name }): Tuple => {
    const numbers = [ACL_SCOPES.indexOf(scope), ACL_TYPES.indexOf(type), permission] as const
    return name === undefined ? numbers : [...numbers, name]
  })
  return JSON.stringify(tuples)
}

/** The inverse of `encodeAcl`, for texts of our own. */
export function decodeAcl(text: string): readonly AclEntry[] {
  const tuples = JSON.parse(text) as readonly Tuple[]
  return tuples.map(
    ([scope, type, permission, name]): AclEntry => ({
      scope: ACL_SCOPES[scope] ?? 'access',
      type: ACL_TYPES[type] ?? 'other',
      permission,
      ...(name === undefined ? {} : { name }),
    }),
  )
}

/** Reads and writes the column; a list that was read lately is not parsed again. */
export class AclTexts {
  readonly #known = new Map<string, readonly AclEntry[]>()

  encode(acl: readonly AclEntry[] | undefined): string | null {
    return acl === undefined ? null : encodeAcl(acl)
  }

  decode(text: string | null): readonly AclEntry[] | undefined {
    if (text === null) return undefined
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const acl = decodeAcl(text)
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.set(text, acl)
    return acl
  }
}
