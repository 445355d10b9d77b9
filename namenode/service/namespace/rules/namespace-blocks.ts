/** Blocks of open files: decisions of addBlock, abandonBlock, fsync and pipeline recovery (protocol reference 2.6). */
import { DfsError } from '../../../../shared/errors.js'
import { type Block, blockId, generationStamp, ROOT_INODE_ID } from '../../../../shared/ids.js'
import { checkSpace } from '../../../policy/argument-limits.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { AllocatedBlock } from '../namespace.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { BlockCommit } from '../namespace-edit.js'
import type { BlockRecord } from '../namespace-model.js'
import { blockName, isSameVersion, pooledBlockName } from '../namespace-status.js'
import { requireHeldFile } from './namespace-leases.js'
import { checkQuotasOfFile } from './namespace-quotas.js'

export const allocateRule: ChangeRule<'allocateBlock'> = {
  decide: (context, change) => {
    const { stores, state, call } = context
    const { file } = requireHeldFile(context, change, call.principal)
    const [last, penultimate] = stores.blocks.lastOfFile(file.id, 2)
    const { previous } = change
    if (isContinuation(file, last, previous)) {
      checkBlockCount(context, (last?.index ?? -1) + 1)
      const commit = commitOf(context, file, last, previous)
      const grown = commit === undefined ? 0 : commit.length - (last?.lengthBytes ?? 0)
      const growing = file.lengthBytes + grown + file.blockSizeBytes
      checkReservation(context, file, growing - file.lengthBytes - file.reservedBytes)
      const block: BlockRecord = {
        id: blockId(state.nextBlock),
        generationStamp: generationStamp(state.nextGeneration),
        lengthBytes: 0,
        inodeId: file.id,
        index: (last?.index ?? -1) + 1,
        state: 'under-construction',
        replication: file.replication,
      }
      const edit = {
        op: 'allocate',
        inode: file.id,
        id: block.id,
        index: block.index,
        generation: block.generationStamp,
        ...(commit === undefined ? {} : { previous: commit }),
      } as const
      return { edit, result: () => allocated(file, block, file.lengthBytes + grown, false) }
    }
    if (last === undefined || !isSameVersion(previous, penultimate)) {
      throw new DfsError(
        'IO',
        `Cannot allocate block in ${change.path}: passed 'previous' block ` +
          `${pooledBlockName(state.blockPoolId, previous)} does not match actual last block in file ${blockName(last)}`,
      )
    }
    if (last.lengthBytes > 0 || last.state === 'committed') {
      throw new DfsError(
        'IO',
        `Request looked like a retry to allocate block ${blockName(last)} but it already contains ${last.lengthBytes} bytes`,
      )
    }
    return { result: () => allocated(file, last, file.lengthBytes, true) }
  },
}

export const abandonRule: ChangeRule<'abandonBlock'> = {
  decide: (context, change) => {
    const { file } = requireHeldFile(context, change, context.call.principal)
    const last = context.stores.blocks.lastOfFile(file.id, 1)[0]
    const isOurs = last?.id === change.block.id && last.state === 'under-construction'
    // Gone already: a repeat.
    if (!isOurs) return { result: () => undefined }
    return { edit: { op: 'abandon', inode: file.id, id: last.id }, result: () => undefined }
  },
}

export const fsyncRule: ChangeRule<'fsync'> = {
  decide: (context, change) => {
    const { file } = requireHeldFile(context, change, context.call.principal)
    const last = context.stores.blocks.lastOfFile(file.id, 1)[0]
    const length = change.lastBlockLengthBytes
    // Never backwards: syncs of several threads of one client may overtake each other.
    if (last?.state !== 'under-construction' || !(length > last.lengthBytes)) {
      return { result: () => undefined }
    }
    checkLength(context, file, last, length)
    return { edit: { op: 'extend', inode: file.id, id: last.id, length }, result: () => undefined }
  },
}

export const reserveStampRule: ChangeRule<'reserveGenerationStamp'> = {
  decide: (context, change) => {
    requireWrittenBlock(context, change.block, change.holder)
    const generation = generationStamp(context.state.nextGeneration)
    return { edit: { op: 'stamp', generation }, result: () => generation }
  },
}

export const updatePipelineRule: ChangeRule<'updatePipeline'> = {
  decide: (context, change) => {
    const { oldBlock, newBlock } = change
    const { blockPoolId, nextGeneration } = context.state
    const { block, file } = requireWrittenBlock(context, oldBlock, change.holder)
    const name = (it: Block) => pooledBlockName(blockPoolId, it)
    if (newBlock.id !== block.id || newBlock.generationStamp <= block.generationStamp) {
      throw new DfsError(
        'IO',
        `Update ${name(oldBlock)} but the new block ${name(newBlock)} does not have a larger ` +
          `generation stamp than the last block ${blockName(block)}`,
      )
    }
    if (newBlock.generationStamp >= nextGeneration) {
      throw new DfsError(
        'IO',
        `Update ${name(oldBlock)} to a generation stamp that was never reserved: ${name(newBlock)}`,
      )
    }
    if (newBlock.lengthBytes < block.lengthBytes) {
      throw new DfsError(
        'IO',
        `Update ${name(oldBlock)} (size=${block.lengthBytes}) to a smaller size block ` +
          `${name(newBlock)} (size=${newBlock.lengthBytes})`,
      )
    }
    checkLength(context, file, block, newBlock.lengthBytes)
    const edit = {
      op: 'pipeline',
      inode: file.id,
      id: block.id,
      generation: newBlock.generationStamp,
      length: newBlock.lengthBytes,
    } as const
    return { edit, result: () => undefined, remember: true }
  },
  answerAgain: () => undefined,
}

/**
 * What committing `claimed` does to the last block of a file; undefined when there is nothing to commit.
 * @throws IO when the claim is about another block, another version or an impossible length
 */
export function commitOf(
  context: ChangeContext,
  file: Inode,
  last: BlockRecord | undefined,
  claimed: Block | undefined,
): BlockCommit | undefined {
  if (claimed === undefined) {
    if (last === undefined || last.state === 'committed') return undefined
    const text = `The last block ${blockName(last)} is still being written, and no final length was given for it`
    throw new DfsError('IO', text)
  }
  if (last === undefined || claimed.id !== last.id) {
    const expected = last === undefined ? 'none' : last.id
    throw new DfsError(
      'IO',
      `Trying to commit inconsistent block: id = ${claimed.id}, expected id = ${expected}`,
    )
  }
  if (claimed.generationStamp !== last.generationStamp) {
    throw new DfsError(
      'IO',
      `Commit block with mismatching GS. NN has ${blockName(last)}, client submits ` +
        pooledBlockName(context.state.blockPoolId, claimed),
    )
  }
  // Committed before (an append at a block boundary): its length is final, whatever the client remembers.
  if (last.state === 'committed') return undefined
  checkLength(context, file, last, claimed.lengthBytes)
  return { id: last.id, length: claimed.lengthBytes }
}

/** Whether `previous` says what a client that wants the next block should know: the last one, or that there is none. */
function isContinuation(
  file: Inode,
  last: BlockRecord | undefined,
  previous: Block | undefined,
): boolean {
  if (previous !== undefined) return isSameVersion(previous, last)
  if (last === undefined) return true
  return last.state === 'committed' && last.lengthBytes >= file.blockSizeBytes
}

function checkLength(
  context: ChangeContext,
  file: Inode,
  block: BlockRecord,
  lengthBytes: number,
): void {
  const isPossible =
    Number.isSafeInteger(lengthBytes) &&
    lengthBytes >= block.lengthBytes &&
    lengthBytes <= file.blockSizeBytes
  if (isPossible) {
    const added = (lengthBytes - block.lengthBytes) * file.replication
    checkSpace(claimedSpace(context), added)
    return
  }
  throw new DfsError(
    'IO',
    `Impossible length ${lengthBytes} of ${blockName(block)}: it has at least ${block.lengthBytes} ` +
      `and at most ${file.blockSizeBytes} bytes`,
  )
}

/**
 * Whether a file may claim more space for a block that is being written.
 * @param lengthBytes of one replica @throws DS_QUOTA_EXCEEDED, TYPE_QUOTA_EXCEEDED
 */
export function checkReservation(context: ChangeContext, file: Inode, lengthBytes: number): void {
  const spaceBytes = lengthBytes * file.replication
  checkSpace(claimedSpace(context), spaceBytes)
  checkQuotasOfFile(context, file, { spaceBytes, firstBytes: lengthBytes })
}

/** What all files claim, replicas counted; changes of the same batch may be missing, for which the limit has room. */
export function claimedSpace({ stores }: ChangeContext): number {
  return stores.inodes.get(ROOT_INODE_ID)?.tree.spaceBytes ?? 0
}

/** The block, provided that `holder` is writing it; the order of checks is Hadoop's (state before lease). */
function requireWrittenBlock({ stores, tree, state }: ChangeContext, named: Block, holder: string) {
  const name = pooledBlockName(state.blockPoolId, named)
  const block = stores.blocks.get(named.id)
  if (block === undefined) throw new DfsError('IO', `${name} does not exist.`)
  if (block.state !== 'under-construction') {
    const text = `Unexpected BlockUCState: ${name} is COMMITTED but not UNDER_CONSTRUCTION`
    throw new DfsError('IO', text)
  }
  const lease = stores.leases.get(block.inodeId)
  if (lease?.recovery !== undefined) {
    const text = `Unexpected BlockUCState: ${name} is UNDER_RECOVERY but not UNDER_CONSTRUCTION`
    throw new DfsError('IO', text)
  }
  const file = stores.inodes.get(block.inodeId)
  if (file?.isOpen !== true || !tree.isAttached(file.id)) {
    const text = `The file ${blockName(block)} belonged to does not exist or it is not under construction.`
    throw new DfsError('IO', text)
  }
  if (lease?.holder !== holder) {
    const text = `Lease mismatch: ${name} is accessed by a non lease holder ${holder}`
    throw new DfsError('LEASE_EXPIRED', text)
  }
  return { block, file }
}

const DEFAULT_MAX_BLOCKS = 10_000

/** @throws IO in HDFS's words when a file has as many blocks as it may */
function checkBlockCount({ limits }: ChangeContext, blocks: number): void {
  const { maxBlocksPerFile = DEFAULT_MAX_BLOCKS } = limits
  if (blocks < maxBlocksPerFile) return
  throw new DfsError(
    'IO',
    'File has reached the limit on maximum number of blocks ' +
      `(dfs.namenode.fs-limits.max-blocks-per-file): ${blocks} >= ${maxBlocksPerFile}`,
  )
}

const allocated = (
  file: Inode,
  block: BlockRecord,
  offsetBytes: number,
  isRepeat: boolean,
): AllocatedBlock => ({ block, offsetBytes, blockSizeBytes: file.blockSizeBytes, isRepeat })
