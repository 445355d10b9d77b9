/** What the namenode does for itself: closing abandoned files, taking deleted trees apart, forgetting what is done. */
import { present } from '../../../../shared/assert.js'
import { DfsError } from '../../../../shared/errors.js'
import { generationStamp, type InodeId } from '../../../../shared/ids.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'
import type { ChangeContext, ChangeRule } from '../namespace-change.js'
import type { BlockRecord } from '../namespace-model.js'
import { blockName } from '../namespace-status.js'
import { isBeingTakenApart } from './namespace-leases.js'

export const beginLeaseRecoveryRule: ChangeRule<'beginLeaseRecovery'> = {
  decide: (context, { fileId, holder, clientMachine }) => {
    const { stores, tree, state } = context
    const file = stores.inodes.get(fileId)
    if (file?.isOpen !== true || isBeingTakenApart(context, fileId)) {
      return { result: () => ({ kind: 'closed' }) }
    }
    const last = blockToRecover(stores, fileId)
    const lease = stores.leases.get(fileId)
    const copyTo = lease?.truncateCopy
    if (last === undefined || (last.state === 'committed' && copyTo === undefined)) {
      const path = tree.pathOf(fileId)
      return {
        edit: { op: 'recovered', inode: fileId, ...(path && { path }), size: file.lengthBytes },
        result: () => ({ kind: 'closed' }),
      }
    }
    const generation = generationStamp(state.nextGeneration)
    const truncateBytes = lease?.truncateBytes
    // A truncation is its client's until it is done: no writer is to be fenced.
    const taken = { holder, machine: clientMachine }
    const kept = lease && { holder: lease.holder, machine: lease.clientMachine }
    const owner = truncateBytes === undefined || kept === undefined ? taken : kept
    return {
      edit: { op: 'recover', inode: fileId, ...owner, generation },
      result: () => ({
        kind: 'recovering',
        block: last,
        newGenerationStamp: generation,
        truncateBytes,
        copyTo,
      }),
    }
  },
}

export const finishLeaseRecoveryRule: ChangeRule<'finishLeaseRecovery'> = {
  decide: (context, { fileId, block }) => {
    const { stores, tree } = context
    const path = tree.pathOf(fileId)
    const file = stores.inodes.get(fileId)
    const last = blockToRecover(stores, fileId)
    const isDeleted = path === undefined && last === undefined
    if (file === undefined || isDeleted || isBeingTakenApart(context, fileId)) {
      throw new DfsError('NOT_FOUND', `File does not exist: inode ${fileId}`)
    }
    const isDone = last?.id === block.id && last.generationStamp === block.generationStamp
    if (!file.isOpen && (isDone || block.lengthBytes === 0)) return { result: () => undefined }
    const lease = stores.leases.get(fileId)
    const recovery = lease?.recovery
    const copyTo = lease?.truncateCopy
    if ((copyTo ?? last?.id) !== block.id || recovery !== block.generationStamp || !last) {
      throw new DfsError(
        'STALE_GENERATION',
        `The recovery id ${block.generationStamp} does not match current recovery id ` +
          `${recovery ?? 'none'} for block ${blockName(last)}`,
      )
    }
    const lengthBytes = block.lengthBytes
    const isPossible =
      Number.isSafeInteger(lengthBytes) && lengthBytes >= 0 && lengthBytes <= file.blockSizeBytes
    const isWanted = (lease?.truncateBytes ?? lengthBytes) === lengthBytes
    if (!isPossible || !isWanted) {
      throw new DfsError('IO', `Impossible length ${lengthBytes} of ${blockName(last)}`)
    }
    const agreed = {
      id: block.id,
      length: lengthBytes,
      generation: block.generationStamp,
      ...(copyTo === undefined ? {} : { replaces: last.id }),
    }
    const size = file.lengthBytes - last.lengthBytes + lengthBytes
    return {
      edit: { op: 'recovered', inode: fileId, ...(path && { path }), last: agreed, size },
      result: () => undefined,
    }
  },
}

/** Of a deleted file that a snapshot shows, the block that the snapshot needs. */
const blockToRecover = (stores: Stores, fileId: InodeId): BlockRecord | undefined =>
  stores.blocks.lastOfFile(fileId, 1)[0] ?? stores.blocks.leftOpen(fileId)

export const forgetDeletedBlocksRule: ChangeRule<'forgetDeletedBlocks'> = {
  decide: (_context, { ids }) =>
    ids.length === 0
      ? { result: () => undefined }
      : { edit: { op: 'forget', blocks: ids }, result: () => undefined },
}

export const pruneRequestsRule: ChangeRule<'pruneRequests'> = {
  decide: ({ stores }, { beforeMs }) =>
    stores.requests.hasBefore(beforeMs)
      ? { edit: { op: 'pruneRequests', beforeMs }, result: () => undefined }
      : { result: () => undefined },
}

/** Beyond this a number is a datanode's fancy: believing it would use up all numbers at once. */
const MAX_SKIPPED = 2 ** 40

/** Block ids and generation stamps that are in use out there are never given out again, whoever forgot them (I5). */
export const skipNumbersRule: ChangeRule<'skipNumbers'> = {
  decide: ({ state }, seen) => {
    const next = (current: number, highest: number) =>
      highest >= current && highest - current < MAX_SKIPPED ? highest + 1 : current
    const nextBlock = next(state.nextBlock, seen.blockId)
    const nextGeneration = next(state.nextGeneration, seen.generationStamp)
    const isNews = nextBlock > state.nextBlock || nextGeneration > state.nextGeneration
    const result = () => undefined
    return isNews ? { edit: { op: 'skip', nextBlock, nextGeneration }, result } : { result }
  },
}

export const purgeDeletedTreesRule: ChangeRule<'purgeDeletedTrees'> = {
  decide: (context, { limit }) => {
    const plan = planPurge(context, limit)
    if (plan === undefined) return { result: () => false }
    return {
      edit: { op: 'purge', ...plan },
      result: () => context.stores.detached.some(1).length > 0,
    }
  },
}

interface PurgePlan {
  readonly removed: InodeId[]
  readonly detached: InodeId[]
  readonly trimmed: { id: InodeId; fromIndex: number }[]
}

/**
 * One slice of at most `limit` inodes and blocks together. Subdirectories become tops of their own, so no slice has to
 * remember where the one before it stopped.
 */
function planPurge({ stores }: ChangeContext, limit: number): PurgePlan | undefined {
  const plan: PurgePlan = { removed: [], detached: [], trimmed: [] }
  let budget = Math.max(1, limit)
  const tops = stores.detached.some(budget)
  if (tops.length === 0) return undefined
  for (const id of tops) {
    if (budget <= 0) break
    const top = present(stores.inodes.get(id), `the top ${id} of a deleted tree exists`)
    budget -= top.kind === 'file' ? planFile(top, budget) : planDirectory(top, budget)
  }
  return plan

  function planFile(file: Inode, room: number): number {
    const blocks = stores.blocks.countOfFile(file.id)
    if (blocks < room || blocks === 0) {
      plan.removed.push(file.id)
      return blocks + 1
    }
    plan.trimmed.push({ id: file.id, fromIndex: blocks - room })
    return room
  }

  function planDirectory(directory: Inode, room: number): number {
    const children = stores.inodes.list(directory.id, '', room)
    let used = 0
    for (const child of children) {
      if (used >= room) return used
      const blocks = child.kind === 'file' ? stores.blocks.countOfFile(child.id) : 0
      const isWhole = child.kind === 'file' ? used + blocks < room : child.children === 0
      ;(isWhole ? plan.removed : plan.detached).push(child.id)
      used += isWhole ? blocks + 1 : 1
    }
    if (used < room && children.length < room) {
      plan.removed.push(directory.id)
      used += 1
    }
    return used
  }
}
