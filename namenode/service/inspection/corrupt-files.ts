/** Files that cannot be read in full now: those with a block that has no good replica on a living node. */
import { DfsError } from '../../../shared/errors.js'
import { type BlockId, blockId } from '../../../shared/ids.js'
import type { Namespace } from '../namespace/namespace.js'

export interface CorruptBlock {
  readonly blockId: BlockId
  /** Of its file. */
  readonly path: string
  readonly replication: number
}

export interface CorruptFilesPage {
  /** Blocks of the files below the folder that was asked for, by id. */
  readonly blocks: readonly CorruptBlock[]
  /** Paths of these blocks, each as often as it has such blocks on this page. */
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
      const missing = missingBlocksAfter(after, PAGE_BLOCKS)
      const blocks = missing.flatMap((it) => this.#blockBelow(it, folder) ?? [])
      after = missing.at(-1) ?? after
      if (blocks.length > 0 || missing.length < PAGE_BLOCKS) {
        return { blocks, files: blocks.map(({ path }) => path), cookie: String(after) }
      }
    }
  }

  #blockBelow(id: BlockId, folder: string): CorruptBlock | undefined {
    const { namespace } = this.#options
    const block = namespace.block(id)
    const path = block === undefined ? undefined : namespace.pathOf(block.inodeId)
    const prefix = folder.endsWith('/') ? folder : `${folder}/`
    if (block === undefined || path === undefined) return undefined
    if (path !== folder && !path.startsWith(prefix)) return undefined
    return { blockId: id, path, replication: block.replication }
  }
}

function blockOfCookie(cookie: string | undefined): BlockId | 0 {
  if (cookie === undefined || cookie === '' || cookie === '0') return 0
  if (!/^[1-9]\d{0,15}$/.test(cookie)) throw new DfsError('ILLEGAL_ARGUMENT', 'unknown cookie')
  return blockId(Number(cookie))
}
