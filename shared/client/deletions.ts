/**
 * Bringing back what was deleted, on clusters of ours: `client.undo` and `client.deleted`. Apache's namenodes answer
 * UNSUPPORTED.
 */
import { DfsError, toDfsError } from '../errors.js'
import type { Decoded, Input } from '../hadoop/message.js'
import type { DeletedEntryProto, DFS_PROTOCOL } from '../hadoop/schema/dfs-protocol.js'

type Protocol = typeof DFS_PROTOCOL

/** The calls of our own protocol. */
export type DfsCalls = {
  readonly [K in keyof Protocol]: (
    request: Input<Protocol[K]['request']>,
    signal?: AbortSignal,
  ) => Promise<Decoded<Protocol[K]['response']>>
}

/** Something that was deleted or overwritten, and can be brought back. */
export interface DeletedEntry {
  /** Tells it from others that were at the same path. */
  readonly number: number
  /** Where it was. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Of the file, or of all files below the directory. */
  readonly lengthBytes: number
  /** With all replicas. */
  readonly spaceConsumedBytes: number
  readonly fileCount: number
  /** Counts the directory itself. */
  readonly directoryCount: number
  readonly owner: string
  readonly group: string
  /** Octal bits 0..01777. */
  readonly permission: number
  readonly modificationTimeMs: number
  readonly deletedBy: string
  /** What took it away: `delete`, or `create`, `rename` and `undelete` when they replaced it. */
  readonly operation: string
  readonly deletedMs: number
  /** Until then it is kept, unless space is needed before. */
  readonly keptUntilMs: number
}

export interface KeptForUndo {
  readonly deletions: number
  /** With all replicas. */
  readonly spaceConsumedBytes: number
}

export interface UndoRequest {
  /** What was there last comes back. Default: what the caller deleted last. */
  readonly path?: string | undefined
  /** One of several that were at a path: as `deleted` lists it. */
  readonly number?: number | undefined
  /** Where it is to come. Default: where it was. */
  readonly to?: string | undefined
  /** A file or an empty directory in its place is deleted, and kept in its turn. */
  readonly overwrite?: boolean | undefined
}

/** Everything that the caller may bring back of `path` and below, in order of path, then of time. */
export async function* listDeleted(
  namenode: Pick<DfsCalls, 'listDeleted'>,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<DeletedEntry, void, undefined> {
  let after: Input<Protocol['listDeleted']['request']>['after']
  do {
    const page = await asked(namenode.listDeleted({ path, after }, signal))
    for (const entry of page.entries) yield toEntry(entry)
    after = page.next
  } while (after !== undefined)
}

/** @returns where it was, and where it is now */
export async function undo(
  namenode: Pick<DfsCalls, 'undelete'>,
  request: UndoRequest,
  signal: AbortSignal | undefined,
): Promise<{ readonly from: string; readonly path: string }> {
  return await asked(namenode.undelete(request, signal))
}

/** What all that is kept takes; undefined on Apache's clusters. */
export async function keptForUndo(
  namenode: Pick<DfsCalls, 'getDeletionTotals'>,
  signal: AbortSignal | undefined,
): Promise<KeptForUndo | undefined> {
  try {
    const totals = await asked(namenode.getDeletionTotals({}, signal))
    return { deletions: totals.deletions, spaceConsumedBytes: totals.spaceConsumed }
  } catch (error) {
    if (toDfsError(error).code === 'UNSUPPORTED') return undefined
    throw error
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    const { code } = toDfsError(error)
    if (code !== 'NO_SUCH_METHOD' && code !== 'NO_SUCH_PROTOCOL') throw error
    const text = 'This cluster cannot bring back what was deleted: its namenode is not one of dfs'
    throw new DfsError('UNSUPPORTED', text, { cause: error })
  }
}

const toEntry = (entry: Decoded<typeof DeletedEntryProto>): DeletedEntry => ({
  number: entry.number,
  path: entry.path,
  kind: entry.isDirectory ? 'directory' : 'file',
  lengthBytes: entry.length,
  spaceConsumedBytes: entry.spaceConsumed,
  fileCount: entry.fileCount,
  directoryCount: entry.directoryCount,
  owner: entry.owner,
  group: entry.group,
  permission: entry.permission,
  modificationTimeMs: entry.modificationTime,
  deletedBy: entry.deletedBy,
  operation: entry.operation,
  deletedMs: entry.deletionTime,
  keptUntilMs: entry.keptUntil,
})
