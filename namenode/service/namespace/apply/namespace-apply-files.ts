/** The edits about the contents of a file: its blocks, its lease, its length. Part of applying edits. */
import { assertNever, present } from '../../../../shared/assert.js'
import type { BlockId, GenerationStamp, InodeId } from '../../../../shared/ids.js'
import type { Lease } from '../../../storage/lease-store.js'
import type { BlockCommit, Edit } from '../namespace-edit.js'
import type { EditApplier } from './namespace-apply.js'
import { recountDeletion } from './namespace-apply-deletions.js'
import { buryBlocks, dropBlock as dropFromFile } from './namespace-apply-removals.js'

type FileOperation =
  | 'allocate'
  | 'abandon'
  | 'close'
  | 'extend'
  | 'stamp'
  | 'pipeline'
  | 'append'
  | 'truncate'
  | 'concat'
  | 'recover'
  | 'recovered'
export type FileEdit = Extract<Edit, { op: FileOperation }>

export function applyToFile(applier: EditApplier, edit: FileEdit, timeMs: number): void {
  switch (edit.op) {
    case 'allocate':
      if (edit.previous !== undefined) commitBlock(applier, edit.inode, edit.previous)
      applier.stores.blocks.insert(edit, applier.state.lastTransaction)
      applier.state.blocks += 1
      useBlockId(applier, edit.id)
      useGeneration(applier, edit.generation)
      return
    case 'abandon':
      dropBlock(applier, edit.inode, edit.id)
      return
    case 'close':
      if (edit.last !== undefined) commitBlock(applier, edit.inode, edit.last)
      closeFile(applier, edit.inode, timeMs)
      return
    case 'extend':
      changeBlock(applier, edit.inode, edit.id, { lengthBytes: edit.length })
      return
    case 'stamp':
      useGeneration(applier, edit.generation)
      return
    case 'pipeline': {
      const { generation, length: lengthBytes } = edit
      changeBlock(applier, edit.inode, edit.id, { generation, lengthBytes })
      return
    }
    case 'append':
      reopenFile(applier, edit)
      return
    case 'truncate':
      truncateFile(applier, edit, timeMs)
      return
    case 'concat':
      joinFiles(applier, edit, timeMs)
      return
    case 'recover': {
      useGeneration(applier, edit.generation)
      const lease = applier.stores.leases.get(edit.inode)
      hold(applier, edit, edit.generation, lease)
      return
    }
    case 'recovered':
      applyRecovered(applier, edit, timeMs)
      return
    default:
      assertNever(edit)
  }
}

function reopenFile(applier: EditApplier, edit: Extract<Edit, { op: 'append' }>): void {
  const file = applier.inode(edit.inode)
  applier.versions.keep(file)
  applier.stores.inodes.setFileState(edit.inode, { ...file, isOpen: true })
  hold(applier, edit, undefined)
  if (edit.reopened === undefined) return
  changeBlock(applier, edit.inode, edit.reopened, { state: 'under-construction' })
}

function truncateFile(
  applier: EditApplier,
  edit: Extract<Edit, { op: 'truncate' }>,
  timeMs: number,
): void {
  const { inode, keep, length, cut } = edit
  buryBlocks(applier, inode, keep)
  const isOpen = cut !== undefined
  applier.resizeFile(inode, length, { isOpen, modificationTimeMs: timeMs })
  if (cut === undefined) return
  if (cut.copy === undefined) {
    changeBlock(applier, inode, cut.id, { state: 'under-construction' })
  } else useBlockId(applier, cut.copy)
  useGeneration(applier, cut.generation)
  hold(applier, edit, cut.generation, { truncateBytes: cut.length, truncateCopy: cut.copy })
}

function joinFiles(
  applier: EditApplier,
  { inode, sources }: Extract<Edit, { op: 'concat' }>,
  timeMs: number,
): void {
  const { blocks } = applier.stores
  const { replication } = applier.inode(inode)
  for (const id of sources) {
    const source = applier.inode(id)
    if (source.replication !== replication) {
      for (const block of blocks.ofFile(id)) applier.effects.blocks.push(block.id)
    }
    blocks.moveToFile(id, inode, blocks.countOfFile(inode), applier.state.lastTransaction)
    applier.unlink({ id, how: 'remove' }, timeMs)
    const { lengthBytes } = applier.inode(inode)
    applier.resizeFile(inode, lengthBytes + source.lengthBytes, {
      isOpen: false,
      modificationTimeMs: timeMs,
    })
  }
}

function applyRecovered(
  applier: EditApplier,
  { inode, last }: Extract<Edit, { op: 'recovered' }>,
  timeMs: number,
): void {
  if (last?.replaces !== undefined) replaceBlock(applier, inode, last.replaces, last)
  if (last !== undefined && last.length === 0) dropBlock(applier, inode, last.id)
  else if (last !== undefined) commitBlock(applier, inode, last, last.generation)
  closeFile(applier, inode, timeMs)
  applier.reserve(inode)
  recountDeletion(applier, inode)
}

/** The end of a file is in a new block; the old one stays for the snapshots that show it. */
function replaceBlock(
  applier: EditApplier,
  inode: InodeId,
  old: BlockId,
  { id, generation }: { readonly id: BlockId; readonly generation: GenerationStamp },
): void {
  const { index } = present(applier.stores.blocks.get(old), `an edit speaks of block ${old}`)
  dropBlock(applier, inode, old)
  applier.stores.blocks.insert({ id, inode, index, generation }, applier.state.lastTransaction)
  applier.state.blocks += 1
}

function useBlockId(applier: EditApplier, id: BlockId): void {
  applier.state.nextBlock = Math.max(applier.state.nextBlock, id + 1)
}

function hold(
  applier: EditApplier,
  edit: { readonly inode: InodeId; readonly holder: string; readonly machine: string },
  recovery: GenerationStamp | undefined,
  truncation?: Pick<Lease, 'truncateBytes' | 'truncateCopy'>,
): void {
  const { inode: inodeId, holder, machine: clientMachine } = edit
  const { truncateBytes, truncateCopy } = truncation ?? {}
  applier.stores.leases.put({
    inodeId,
    holder,
    clientMachine,
    recovery,
    truncateBytes,
    truncateCopy,
  })
}

function commitBlock(
  applier: EditApplier,
  inode: InodeId,
  commit: BlockCommit,
  generation?: GenerationStamp,
): void {
  const values = { lengthBytes: commit.length, state: 'committed' } as const
  changeBlock(
    applier,
    inode,
    commit.id,
    generation === undefined ? values : { ...values, generation },
  )
  applier.effects.blocks.push(commit.id)
}

function changeBlock(
  applier: EditApplier,
  inode: InodeId,
  id: BlockId,
  change: {
    readonly lengthBytes?: number
    readonly generation?: GenerationStamp
    readonly state?: 'under-construction' | 'committed'
  },
): void {
  const block = present(applier.stores.blocks.get(id), `an edit speaks of block ${id}`)
  const lengthBytes = change.lengthBytes ?? block.lengthBytes
  const file = applier.inode(inode)
  if (lengthBytes !== block.lengthBytes) applier.versions.keepBlock(id, file)
  applier.stores.blocks.update(id, {
    lengthBytes,
    generation: change.generation ?? block.generationStamp,
    state: change.state ?? block.state,
  })
  applier.resizeFile(inode, file.lengthBytes + lengthBytes - block.lengthBytes, file)
}

function dropBlock(applier: EditApplier, inode: InodeId, id: BlockId): void {
  const block = present(applier.stores.blocks.get(id), `an edit speaks of block ${id}`)
  const file = applier.inode(inode)
  dropFromFile(applier, block, file)
  applier.resizeFile(inode, file.lengthBytes - block.lengthBytes, file)
}

function closeFile(applier: EditApplier, inode: InodeId, timeMs: number): void {
  const file = applier.inode(inode)
  applier.stores.leases.remove(inode)
  applier.resizeFile(inode, file.lengthBytes, { isOpen: false, modificationTimeMs: timeMs })
}

function useGeneration(applier: EditApplier, generation: GenerationStamp): void {
  applier.state.nextGeneration = Math.max(applier.state.nextGeneration, generation + 1)
}
