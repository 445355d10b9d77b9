/** All files below a directory, or the file itself, one after another: the memory is the depth of the tree. */
import type { InodeId } from '../../../shared/ids.js'
import type { Namespace } from '../namespace/namespace.js'

const PAGE = 100

interface Level {
  readonly directory: InodeId
  after: string
}

export class FileWalk {
  readonly #namespace: Pick<Namespace, 'childrenOf'>
  readonly #levels: Level[] = []
  readonly #files: InodeId[] = []

  /** @param top gone inodes have nothing below them */
  constructor(namespace: Pick<Namespace, 'childrenOf'>, top: InodeId) {
    this.#namespace = namespace
    if (namespace.childrenOf(top, '', 1) === 'file') this.#files.push(top)
    else this.#levels.push({ directory: top, after: '' })
  }

  /** undefined at the end. Files that come or go meanwhile are seen or not. */
  next(): InodeId | undefined {
    for (;;) {
      const file = this.#files.shift()
      const level = this.#levels.at(-1)
      if (file !== undefined || level === undefined) return file
      this.#readOn(level)
    }
  }

  #readOn(level: Level): void {
    const children = this.#namespace.childrenOf(level.directory, level.after, PAGE)
    if (children === 'file' || children.length === 0) {
      this.#levels.pop()
      return
    }
    for (const { id, name, kind } of children) {
      level.after = name
      if (kind === 'file') this.#files.push(id)
      else {
        // What follows in this directory is read when that one is done.
        this.#levels.push({ directory: id, after: '' })
        return
      }
    }
  }
}
