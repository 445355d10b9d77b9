/** One block by its id: to which file it belongs and how its replicas are (`fsck -blockId`). */
import type { BlockId } from '../../../shared/ids.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import type { Namespace } from '../namespace/namespace.js'
import { describeBlock } from './fsck-description.js'
import type { FsckBlock } from './fsck-model.js'

export interface BlockInquiryOptions {
  readonly namespace: Pick<Namespace, 'block' | 'pathOf' | 'isKeptForUndo'>
  readonly map: ReplicaMap
  readonly examination: Examination
}

export interface FoundBlock extends FsckBlock {
  /** Of its file; undefined when the file was deleted. */
  readonly path: string | undefined
  /** Of a deleted file: whether it can be brought back, or only a snapshot has it. */
  readonly isKeptForUndo: boolean
}

export class BlockInquiry {
  readonly #options: BlockInquiryOptions

  constructor(options: BlockInquiryOptions) {
    this.#options = options
  }

  /** undefined for a block that the namespace does not know. */
  find(id: BlockId): FoundBlock | undefined {
    const { namespace, map, examination } = this.#options
    const record = namespace.block(id)
    if (record === undefined) return undefined
    const examined = examination.assess(record, map.held(id, record))
    const block = describeBlock(examined, examination.pendingCopiesOf(id))
    const path = namespace.pathOf(record.inodeId)
    const isKeptForUndo = path === undefined && namespace.isKeptForUndo(record.inodeId)
    return { ...block, path, isKeptForUndo }
  }
}
