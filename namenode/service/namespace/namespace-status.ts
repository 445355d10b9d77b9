/** Inodes and blocks in the words of the namespace's callers, and blocks in the words of Hadoop's messages. */
import type { Block, BlockId, GenerationStamp } from '../../../shared/ids.js'
import { NO_QUOTA, type Quota } from '../../policy/quotas.js'
import type { TypeSpace } from '../../policy/type-usage.js'
import type { Inode } from '../../storage/inode-store.js'
import type { SnapshotPoint } from '../../storage/snapshot-store.js'
import { spaceOf } from './apply/tree-weight.js'
import type { ContentSummary, FileStatus } from './namespace-model.js'
import { isSnapshottable } from './namespace-views.js'

/**
 * @param storagePolicy id of the policy that holds for it, its own or an inherited one; 0 for none
 * @param name what the status is to be called; a file that is listed as itself has none
 * @param snapshot in which snapshot the inode was found
 */
export function toFileStatus(
  inode: Inode,
  storagePolicy: number,
  name = inode.name,
  snapshot: SnapshotPoint | undefined = undefined,
): FileStatus {
  return {
    kind: inode.kind,
    id: inode.id,
    name,
    lengthBytes: inode.lengthBytes,
    permission: inode.permission,
    owner: inode.owner,
    group: inode.group,
    modificationTimeMs: inode.modificationTimeMs,
    accessTimeMs: inode.accessTimeMs,
    replication: inode.replication,
    blockSizeBytes: inode.blockSizeBytes,
    childrenCount: inode.children,
    isUnderConstruction: inode.isOpen,
    hasAcl: inode.acl !== undefined,
    storagePolicy,
    isSnapshottable: isSnapshottable(inode) && snapshot === undefined,
    ...(snapshot === undefined ? {} : { snapshot }),
  }
}

/** Totals of a directory with itself, or of a file. */
export function toContentSummary(
  inode: Inode,
  quota: Quota = NO_QUOTA,
  typeSpaceBytes: TypeSpace = {},
): ContentSummary {
  if (inode.kind === 'file') {
    return {
      lengthBytes: inode.lengthBytes,
      fileCount: 1,
      directoryCount: 0,
      spaceConsumedBytes: spaceOf(inode),
      typeSpaceBytes,
      quota,
    }
  }
  return {
    lengthBytes: inode.tree.lengthBytes,
    fileCount: inode.tree.files,
    directoryCount: inode.tree.directories + 1,
    spaceConsumedBytes: inode.tree.spaceBytes,
    typeSpaceBytes,
    quota,
  }
}

interface NamedBlock {
  readonly id: BlockId
  readonly generationStamp: GenerationStamp
}

/** `blk_1073741825_1001`, or `null` for none, as Java prints it. */
export function blockName(block: NamedBlock | undefined): string {
  return block === undefined ? 'null' : `blk_${block.id}_${block.generationStamp}`
}

/** `BP-…:blk_1073741825_1001`: a block as a client names it. */
export function pooledBlockName(blockPoolId: string, block: NamedBlock | undefined): string {
  return block === undefined ? 'null' : `${blockPoolId}:${blockName(block)}`
}

/** Same block, same version; the length may differ. */
export function isSameVersion(left: Block | undefined, right: Block | undefined): boolean {
  return left?.id === right?.id && left?.generationStamp === right?.generationStamp
}
