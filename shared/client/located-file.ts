/**
 * Where the blocks of a file are, asked of the namenode page by page and remembered. The length is that of the moment of
 * opening; of a block still being written it is what a datanode has acknowledged.
 */
import { DfsError } from '../errors.js'
import type { Log } from '../log.js'
import type { DatanodeInfo, ExtendedBlock, LocatedBlock } from '../transfer/pipeline-node.js'
import type { ReadCalls } from './block-calls.js'

export interface LocatedFileOptions {
  readonly namenode: Pick<ReadCalls, 'getBlockLocations'>
  readonly log: Log
  readonly src: string
  /** Asks a datanode how long its replica of a block being written is; without it such bytes are not seen. */
  readonly visibleLength:
    | ((info: DatanodeInfo, block: ExtendedBlock) => Promise<number>)
    | undefined
  /** How much of the file a page covers: Java asks for ten blocks. */
  readonly pageBytes: number
}

const MAX_PAGES = 32

export class LocatedFile {
  readonly #options: LocatedFileOptions
  /** Most recently used first; blocks of a page are contiguous. */
  #pages: (readonly LocatedBlock[])[] = []
  #openBlock: LocatedBlock | undefined
  #lengthBytes = 0

  /** @throws DfsError NOT_FOUND, PERMISSION_DENIED, … of the namenode */
  static async open(options: LocatedFileOptions): Promise<LocatedFile> {
    const file = new LocatedFile(options)
    await file.#load(0, true)
    return file
  }

  private constructor(options: LocatedFileOptions) {
    this.#options = options
  }

  get lengthBytes(): number {
    return this.#lengthBytes
  }

  /**
   * The block that holds the byte at `position`.
   * @throws DfsError BLOCK_MISSING when the namenode has none; errors of the namenode
   */
  async blockAt(position: number): Promise<LocatedBlock> {
    const known = this.#find(position)
    if (known !== undefined) return known
    await this.#load(position, false)
    const loaded = this.#find(position)
    if (loaded !== undefined) return loaded
    throw new DfsError(
      'BLOCK_MISSING',
      `there is no block at offset ${position} of ${this.#options.src}`,
    )
  }

  /** Forgets what is known of the block at `position` and asks again. */
  async refresh(position: number): Promise<void> {
    this.#pages = this.#pages.filter((page) => !page.some((block) => holds(block, position)))
    if (this.#openBlock !== undefined && holds(this.#openBlock, position)) {
      this.#openBlock = undefined
    }
    await this.#load(position, false)
  }

  #find(position: number): LocatedBlock | undefined {
    if (this.#openBlock !== undefined && holds(this.#openBlock, position)) return this.#openBlock
    for (const [index, page] of this.#pages.entries()) {
      const block = page.find((candidate) => holds(candidate, position))
      if (block === undefined) continue
      if (index > 0) this.#pages = [page, ...this.#pages.filter((other) => other !== page)]
      return block
    }
    return undefined
  }

  async #load(position: number, isOpening: boolean): Promise<void> {
    const { namenode, src, pageBytes } = this.#options
    const { locations } = await namenode.getBlockLocations({
      src,
      offset: position,
      length: pageBytes,
    })
    if (locations === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${src}`)
    const { blocks, fileLength, lastBlock, isLastBlockComplete } = locations
    this.#pages = [blocks, ...this.#pages].slice(0, MAX_PAGES)
    if (isOpening) this.#lengthBytes = fileLength
    if (lastBlock === undefined || isLastBlockComplete || !locations.underConstruction) return
    if (isOpening) {
      this.#openBlock = await this.#measure(lastBlock)
      this.#lengthBytes = fileLength + (this.#openBlock.b.numBytes ?? 0)
    } else if (position >= lastBlock.offset) {
      // Only the locations are new: the length stays that of the moment of opening.
      this.#openBlock = withLength(lastBlock, this.#lengthBytes - lastBlock.offset)
    }
  }

  /** The block with the length that the first answering datanode shows; an empty one when nobody can tell and nothing was promised. */
  async #measure(block: LocatedBlock): Promise<LocatedBlock> {
    const { visibleLength, log, src } = this.#options
    let failure: unknown
    if (visibleLength !== undefined) {
      for (const info of block.locs) {
        try {
          return withLength(block, await visibleLength(info, block.b))
        } catch (error) {
          failure = error
          log.debug({ err: error, src }, 'a datanode did not tell the length of an open block')
        }
      }
    }
    // A namenode that has just started knows no replicas yet: what it remembers may be less than was synced since.
    const isNobodyKnown = visibleLength !== undefined && block.locs.length === 0
    if ((failure !== undefined || isNobodyKnown) && (block.b.numBytes ?? 0) > 0) {
      throw new DfsError('BLOCK_MISSING', `Cannot obtain block length for ${src}`, {
        cause: failure,
      })
    }
    return block
  }
}

function holds(block: LocatedBlock, position: number): boolean {
  return position >= block.offset && position < block.offset + (block.b.numBytes ?? 0)
}

function withLength(block: LocatedBlock, lengthBytes: number): LocatedBlock {
  return { ...block, b: { ...block.b, numBytes: lengthBytes } }
}
