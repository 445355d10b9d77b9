/** Shortening closed files: the decision of truncate (protocol reference 2.5). */
import { present } from '../../../../shared/assert.js'
import { DfsError } from '../../../../shared/errors.js'
import { blockId, generationStamp, inodeId } from '../../../../shared/ids.js'
import { checkLabel } from '../../../policy/argument-limits.js'
import { joinPath } from '../../../policy/path-name.js'
import { checkAccess, WRITE } from '../../../policy/permissions.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { BlockRecord } from '../namespace-model.js'
import { checkReservation } from './namespace-blocks.js'
import { requireFile } from './namespace-files.js'
import { alreadyOpen } from './namespace-leases.js'

/**
 * Whole blocks go at once. A block that is to lose a part of its bytes is cut by its datanodes in a block recovery with a
 * new stamp; until that is done the file is open, shows its old length up to that block, and refuses writers.
 */
export const truncateRule: ChangeRule<'truncate'> = {
  decide: (context, change) => {
    const { call, tree } = context
    const { newLengthBytes, holder } = change
    checkLabel('client name', holder)
    if (newLengthBytes < 0) {
      const text = `Cannot truncate to a negative file size: ${newLengthBytes}.`
      throw new DfsError('ILLEGAL_ARGUMENT', text)
    }
    const { target, components, inodes } = tree.find(change.path, call.principal, 'using')
    const path = joinPath(components)
    if (target !== undefined) checkAccess(target, path, call.principal, WRITE)
    const file = requireFile(target, path)
    const pending = { fileId: file.id, isDone: false }
    const done = { fileId: file.id, isDone: true }
    if (file.isOpen) {
      if (isBeingCutTo(context, file, newLengthBytes)) return { result: () => pending }
      const lease = present(context.stores.leases.get(file.id), 'an open file has a lease')
      throw alreadyOpen('TRUNCATE_FILE', path, holder, call, lease)
    }
    if (file.lengthBytes === newLengthBytes) return { result: () => done }
    if (file.lengthBytes < newLengthBytes) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `Cannot truncate to a larger file size. Current size: ${file.lengthBytes}, truncate size: ${newLengthBytes}.`,
      )
    }
    const blocks = context.stores.blocks.ofFile(file.id)
    const plan = planTruncation(blocks, newLengthBytes)
    const { cut, ...kept } = plan
    if (cut !== undefined) {
      // The block that is being cut counts for a whole one until that is done.
      const cutBlockBytes = blocks.find((it) => it.id === cut.id)?.lengthBytes ?? 0
      const claimed = plan.length - cutBlockBytes + file.blockSizeBytes
      checkReservation(context, file, claimed - file.lengthBytes)
    }
    const edit = {
      op: 'truncate',
      path,
      user: call.principal.user,
      inode: file.id,
      size: newLengthBytes,
      holder,
      machine: call.clientAddress,
      ...kept,
      ...(cut === undefined ? {} : { cut: cutOf(context, file, cut, inodes) }),
    } as const
    const answer = cut === undefined ? done : pending
    return { edit, result: () => answer, remember: [file.id, answer.isDone] }
  },
  answerAgain: (_context, remembered) => {
    const [id, isDone] = Array.isArray(remembered) ? remembered : []
    return { fileId: inodeId(Number(id)), isDone: isDone === true }
  },
}

/**
 * A block that a snapshot shows stays as it is: a new one takes over what the file keeps of it. So does one that a
 * snapshot may come to show while datanodes are cutting.
 */
function cutOf(
  { state, versions }: ChangeContext,
  file: Inode,
  cut: { readonly id: BlockRecord['id']; readonly length: number },
  path: readonly Inode[],
) {
  const generation = generationStamp(state.nextGeneration)
  const mayBeShown = path.some((it) => it.isSnapshottable) || versions.isBlockShown(cut.id, file)
  return { ...cut, generation, ...(mayBeShown ? { copy: blockId(state.nextBlock) } : {}) }
}

/** A repeated request finds its truncation under way. */
function isBeingCutTo({ stores }: ChangeContext, file: Inode, lengthBytes: number): boolean {
  const truncateBytes = stores.leases.get(file.id)?.truncateBytes
  const last = stores.blocks.lastOfFile(file.id, 1)[0]
  if (truncateBytes === undefined || last === undefined) return false
  return file.lengthBytes - last.lengthBytes + truncateBytes === lengthBytes
}

/** Which blocks stay, and what is to be cut off the last of them. */
function planTruncation(blocks: readonly BlockRecord[], newLengthBytes: number) {
  let keep = 0
  let length = 0
  let cut: { readonly id: BlockRecord['id']; readonly length: number } | undefined
  for (const block of blocks) {
    if (length >= newLengthBytes) break
    keep += 1
    if (length + block.lengthBytes > newLengthBytes) {
      cut = { id: block.id, length: newLengthBytes - length }
    }
    length += block.lengthBytes
  }
  return { keep, length, cut }
}
