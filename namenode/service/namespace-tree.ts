/** Walks paths: from names to inodes with the rights to pass, and from inodes back to names. */

import { present } from '../../shared/assert.js'
import { DfsError } from '../../shared/errors.js'
import { type InodeId, inodeId, ROOT_INODE_ID } from '../../shared/ids.js'
import type { Principal } from '../../shared/principal.js'
import {
  joinPath,
  type NamingOperation,
  parseNewPath,
  RESERVED_ROOT,
  splitPath,
} from '../policy/path-name.js'
import { checkAccess, EXECUTE } from '../policy/permissions.js'
import { type Inode, type InodeStore, NO_PARENT } from '../storage/inode-store.js'

/**
 * What a file in the middle of a path means: `naming` operations say that it is no directory, `using` ones say so as
 * a refusal, and `looking` finds nothing when a superuser asks (protocol reference 2.2).
 */
export type WalkPurpose = 'naming' | 'using' | 'looking'

export interface WalkedPath {
  /** As the caller wrote it, for messages. */
  readonly path: string
  readonly components: readonly string[]
  /** The root and every component that exists, from the top, without a gap. */
  readonly inodes: readonly Inode[]
  /** What the whole path names. */
  readonly target: Inode | undefined
  /** The deepest existing directory above the target. */
  readonly ancestor: Inode
  readonly ancestorPath: string
  /** Whether `ancestor` is the parent itself. */
  readonly hasParent: boolean
}

export class Tree {
  readonly #inodes: InodeStore

  constructor(inodes: InodeStore) {
    this.#inodes = inodes
  }

  /** Walks the path of something that may exist; `/.reserved/.inodes/<id>` starts at an inode. */
  find(path: string, principal: Principal, purpose: WalkPurpose): WalkedPath {
    const split = splitPath(path)
    const components =
      split === undefined ? ['', ''] : this.#resolveReserved(split, path, principal)
    return this.walk(path, components, principal, purpose)
  }

  /**
   * The components of something that is to be made, below an inode that is named by its number, too.
   * @throws INVALID_PATH, IO, ILLEGAL_ARGUMENT as `parseNewPath` · NOT_FOUND for an unknown number
   */
  componentsToMake(path: string, operation: NamingOperation, principal: Principal): string[] {
    const split = path.startsWith(`/${RESERVED_ROOT}/`) ? splitPath(path) : undefined
    const resolved = split && this.#resolveReserved(split, path, principal)
    const isReserved = resolved === undefined || resolved === split
    return parseNewPath(isReserved ? path : joinPath(resolved), operation)
  }

  /** @throws PERMISSION_DENIED, PARENT_NOT_DIRECTORY */
  walk(
    path: string,
    components: readonly string[],
    principal: Principal,
    purpose: WalkPurpose,
  ): WalkedPath {
    let current = present(this.#inodes.get(ROOT_INODE_ID), 'the root exists')
    const inodes = [current]
    for (const [index, name] of components.entries()) {
      if (current.kind === 'file') {
        if (purpose === 'looking' && principal.isSuperuser) break
        throw fileInTheWay(joinPath(components, index), purpose)
      }
      if (!principal.isSuperuser) {
        checkAccess(current, joinPath(components, index), principal, EXECUTE)
      }
      const next = this.#inodes.child(current.id, name)
      if (next === undefined) break
      inodes.push(next)
      current = next
    }
    const isComplete = inodes.length === components.length + 1
    const depth = isComplete ? Math.max(0, components.length - 1) : inodes.length - 1
    return {
      path,
      components,
      inodes,
      target: isComplete ? current : undefined,
      ancestor: present(inodes[depth], 'a walk starts at the root'),
      ancestorPath: joinPath(components, depth),
      hasParent: inodes.length >= components.length,
    }
  }

  /** undefined when the inode is gone or in a deleted tree. */
  pathOf(id: InodeId): string | undefined {
    const names: string[] = []
    let current = this.#inodes.get(id)
    while (current !== undefined && current.id !== ROOT_INODE_ID) {
      if (current.parent === NO_PARENT) return undefined
      names.push(current.name)
      current = this.#inodes.get(current.parent)
    }
    return current === undefined ? undefined : joinPath(names.reverse())
  }

  /** Whether the inode can be reached from the root. */
  isAttached(id: InodeId): boolean {
    let current: InodeId | typeof NO_PARENT | undefined = id
    while (current !== undefined && current !== ROOT_INODE_ID) {
      if (current === NO_PARENT) return false
      current = this.#inodes.parentOf(current)
    }
    return current !== undefined
  }

  #resolveReserved(components: string[], path: string, principal: Principal): string[] {
    if (components[0] !== RESERVED_ROOT) return components
    if (components[1] === 'raw') {
      if (principal.isSuperuser) return components.slice(2)
      const text = `Access denied for user ${principal.user}. Superuser privilege is required`
      throw new DfsError('PERMISSION_DENIED', text)
    }
    if (components[1] !== '.inodes' || components[2] === undefined) return components
    const number = /^\d{1,15}$/.test(components[2]) ? Number(components[2]) : 0
    const start = this.pathOf(inodeId(number))
    if (start === undefined) {
      throw new DfsError('NOT_FOUND', `File for given inode path does not exist: ${path}`)
    }
    return [...start.split('/').filter((name) => name !== ''), ...components.slice(3)]
  }
}

function fileInTheWay(path: string, purpose: WalkPurpose): DfsError {
  const code = purpose === 'naming' ? 'PARENT_NOT_DIRECTORY' : 'PERMISSION_DENIED'
  return new DfsError(code, `${path} (is not a directory)`)
}
