/** Files that cannot be read in full now: those with a block that has no good replica on a living node. */
import { DfsError } from '../../shared/errors.js'
import { type BlockId, blockId } from '../../shared/ids.js'
import type { Namespace } from './namespace.js'

export interface CorruptFilesPage {
  /** Paths, each as often as it has such blocks on this page. */
  readonly files: readonly string[]
  /** To be given back for the next page; a page without files is the last. */
  readonly cookie: string
}

export interface CorruptFilesOptions {
  readonly namespace: Namespace
  /** Blocks without a good replica with ids above `after`, by id. */
  readonly missingBlocksAfter: (after: BlockId | 0, limit: number) => readonly BlockId[]
}

const PAGE_BLOCKS = 100

export class CorruptFiles {
  readonly #options: CorruptFilesOptions

  constructor(options: CorruptFilesOptions) {
    this.#options = options
  }

  /**
   * @param folder only files at or below it
   * @throws DfsError ILLEGAL_ARGUMENT for a cookie that is not ours
   */
  page(folder: string, cookie: string | undefined): CorruptFilesPage {
    const { missingBlocksAfter } = this.#options
    let after = blockOfCookie(cookie)
    // Pages without a match are skipped: clients stop at the first empty one.
    for (;;) {
      const blocks = missingBlocksAfter(after, PAGE_BLOCKS)
      const files = blocks.flatMap((it) => this.#pathBelow(it, folder) ?? [])
      after = blocks.at(-1) ?? after
      if (files.length > 0 || blocks.length < PAGE_BLOCKS) return { files, cookie: String(after) }
    }
  }

  #pathBelow(id: BlockId, folder: string): string | undefined {
    const { namespace } = this.#options
    const block = namespace.block(id)
    const path = block === undefined ? undefined : namespace.pathOf(block.inodeId)
    const prefix = folder.endsWith('/') ? folder : `${folder}/`
    return path === folder || path?.startsWith(prefix) ? path : undefined
  }
}

function blockOfCookie(cookie: string | undefined): BlockId | 0 {
  if (cookie === undefined || cookie === '' || cookie === '0') return 0
  if (!/^[1-9]\d{0,15}$/.test(cookie)) throw new DfsError('ILLEGAL_ARGUMENT', 'unknown cookie')
  return blockId(Number(cookie))
}
