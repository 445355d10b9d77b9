/** Walks paths: from names to inodes with the rights to pass, and from inodes back to names. */

import { present } from '../../../shared/assert.js'
import { DfsError } from '../../../shared/errors.js'
import { type InodeId, inodeId, ROOT_INODE_ID } from '../../../shared/ids.js'
import type { Principal } from '../../../shared/principal.js'
import {
  joinPath,
  type NamingOperation,
  parseNewPath,
  RESERVED_ROOT,
  refuseSnapshotFolder,
  SNAPSHOT_FOLDER,
  splitPath,
} from '../../policy/path-name.js'
import { checkAccess, EXECUTE } from '../../policy/permissions.js'
import { type Inode, type InodeStore, NO_PARENT } from '../../storage/inode-store.js'
import type { Stores } from '../../storage/stores.js'
import { topOf } from './deleted-trees.js'
import type { DirectoryMemory } from './directory-memory.js'
import {
  currentView,
  isSnapshottable,
  type NamespaceState,
  snapshotFolder,
  snapshotView,
} from './namespace-views.js'

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
  /** The state of the namespace in which the path was found: the current one, or that of a snapshot. */
  readonly state: NamespaceState
  /** The path is the `.snapshot` of this directory. */
  readonly snapshotsOf: InodeId | undefined
}

/** What `Tree` reads. */
export type TreeStores = Pick<Stores, 'inodes' | 'blocks' | 'xattrs' | 'snapshots' | 'versions'>

/** Where a walk is: in the current state or in that of a snapshot, or at the `.snapshot` between them. */
interface Place {
  readonly state: NamespaceState
  readonly inode: Inode
  readonly snapshotsOf: InodeId | undefined
}

export class Tree {
  readonly #stores: TreeStores
  readonly #inodes: InodeStore
  readonly #isReadOnly: boolean
  readonly #current: NamespaceState
  readonly #memory: DirectoryMemory | undefined

  /**
   * @param use whether paths are walked to read, or to change what they name: snapshots cannot be changed
   * @param memory of directories on the way, for a tree that only reads
   */
  constructor(stores: TreeStores, use: 'reading' | 'changing', memory?: DirectoryMemory) {
    this.#stores = stores
    this.#memory = memory
    this.#inodes = stores.inodes
    this.#isReadOnly = use === 'reading'
    this.#current = currentView(stores)
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

  /** @throws PERMISSION_DENIED, PARENT_NOT_DIRECTORY, SNAPSHOT_READ_ONLY, ILLEGAL_ARGUMENT for a reserved name */
  walk(
    path: string,
    components: readonly string[],
    principal: Principal,
    purpose: WalkPurpose,
  ): WalkedPath {
    let place = this.#root()
    const inodes = [place.inode]
    for (const [index, name] of components.entries()) {
      const { inode } = place
      if (inode.kind === 'file') {
        if (purpose === 'looking' && principal.isSuperuser) break
        throw fileInTheWay(joinPath(components, index), purpose)
      }
      if (!principal.isSuperuser) {
        checkAccess(inode, joinPath(components, index), principal, EXECUTE)
      }
      const next = this.#step(place, name)
      if (next === undefined) break
      inodes.push(next.inode)
      place = next
    }
    if (purpose === 'naming') refuseSnapshotFolder(components)
    const isComplete = inodes.length === components.length + 1
    const depth = isComplete ? Math.max(0, components.length - 1) : inodes.length - 1
    return {
      path,
      components,
      inodes,
      target: isComplete ? place.inode : undefined,
      ancestor: present(inodes[depth], 'a walk starts at the root'),
      ancestorPath: joinPath(components, depth),
      hasParent: inodes.length >= components.length,
      state: place.state,
      snapshotsOf: isComplete ? place.snapshotsOf : undefined,
    }
  }

  #root(): Place {
    const known = this.#memory?.root
    const inode = known ?? present(this.#inodes.get(ROOT_INODE_ID), 'the root exists')
    if (known === undefined) this.#memory?.rememberRoot(inode)
    return { state: this.#current, inode, snapshotsOf: undefined }
  }

  /** What `name` is in the directory where the walk stands. */
  #step({ state, inode, snapshotsOf }: Place, name: string): Place | undefined {
    if (snapshotsOf !== undefined) return this.#enter(snapshotsOf, name)
    const isCurrent = state.point === undefined
    if (isCurrent && name === SNAPSHOT_FOLDER && isSnapshottable(inode)) {
      if (!this.#isReadOnly) {
        const text = 'Modification on a read-only snapshot is disallowed'
        throw new DfsError('SNAPSHOT_READ_ONLY', text)
      }
      return { state, inode: snapshotFolder(inode), snapshotsOf: inode.id }
    }
    const known = isCurrent ? this.#memory?.child(inode.id, name) : undefined
    const child = known ?? state.child(inode.id, name)
    if (isCurrent && known === undefined && child !== undefined) this.#memory?.remember(child)
    return child && { state, inode: child, snapshotsOf: undefined }
  }

  #enter(root: InodeId, name: string): Place | undefined {
    const snapshot = this.#stores.snapshots.byName(root, name)
    if (snapshot === undefined) return undefined
    const state = snapshotView(this.#stores, snapshot)
    const top = present(state.get(root), 'a snapshot shows its directory')
    return { state, inode: { ...top, name }, snapshotsOf: undefined }
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

  /** Id of the storage policy that holds for an inode as it is now: its own or the nearest above; 0 for none. */
  policyOf(inode: Inode): number {
    if (inode.policy !== 0 || !this.#inodes.hasPolicies) return inode.policy
    let { parent } = inode
    while (parent !== NO_PARENT) {
      const directory = this.#inodes.get(parent)
      if (directory === undefined || directory.policy !== 0) return directory?.policy ?? 0
      parent = directory.parent
    }
    return 0
  }

  /** Whether the inode can be reached from the root. */
  isAttached(id: InodeId): boolean {
    return this.topOf(id) === ROOT_INODE_ID
  }

  /** The root, or what was deleted with all below it; undefined when the inode is gone. */
  topOf(id: InodeId): InodeId | undefined {
    return topOf(this.#inodes, id)
  }

  /** Up to `limit` entries with a name above `after`; none for an inode that is gone. */
  childrenOf(id: InodeId, after: string, limit: number): 'file' | Inode[] {
    const inode = this.#inodes.get(id)
    if (inode === undefined) return []
    return inode.kind === 'file' ? 'file' : this.#inodes.list(id, after, limit)
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

/** Id of the storage policy that holds below a path: that of its deepest inode that has one; 0 for none. */
export const policyOnPath = (inodes: readonly Inode[]): number =>
  inodes.findLast((it) => it.policy !== 0)?.policy ?? 0

function fileInTheWay(path: string, purpose: WalkPurpose): DfsError {
  const code = purpose === 'naming' ? 'PARENT_NOT_DIRECTORY' : 'PERMISSION_DENIED'
  return new DfsError(code, `${path} (is not a directory)`)
}

/** @throws NOT_FOUND */
export function requireTarget(walked: WalkedPath): Inode {
  if (walked.target !== undefined) return walked.target
  throw new DfsError('NOT_FOUND', `File does not exist: ${walked.path}`)
}

/** @throws NOT_FOUND */
export function requireFile(walked: WalkedPath): Inode {
  const target = requireTarget(walked)
  if (target.kind === 'file') return target
  throw new DfsError('NOT_FOUND', `Path is not a file: ${walked.path}`)
}
