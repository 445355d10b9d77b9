/**
 * Directories that walks have passed, for as long as nothing was committed since: most walks lead through the same few,
 * and asking SQLite for each of them was half the cost of a stat. What is remembered is exactly the committed state, not
 * nearly so: whoever opens a snapshot says which state it shows, and another one empties the memory.
 */
import type { InodeId } from '../../../shared/ids.js'
import type { Inode } from '../../storage/inode-store.js'

/** Directories remembered at most; beyond, the memory starts anew. */
const MAX_REMEMBERED = 10_000

export class DirectoryMemory {
  #state: number | undefined
  #root: Inode | undefined
  readonly #children = new Map<string, Inode>()

  /** Reads from now on see `state`, a number that changes with every commit. */
  show(state: number): void {
    if (state === this.#state) return
    this.#state = state
    this.#root = undefined
    if (this.#children.size > 0) this.#children.clear()
  }

  get root(): Inode | undefined {
    return this.#root
  }

  rememberRoot(root: Inode): void {
    this.#root = root
  }

  /** A remembered directory. */
  child(parent: InodeId, name: string): Inode | undefined {
    return this.#children.get(keyOf(parent, name))
  }

  /** Remembers directories, not files: there are too many, and each is asked for once. */
  remember(inode: Inode): void {
    if (inode.kind !== 'directory') return
    if (this.#children.size >= MAX_REMEMBERED) this.#children.clear()
    this.#children.set(keyOf(inode.parent, inode.name), inode)
  }
}

const keyOf = (parent: number, name: string): string => `${parent}/${name}`
