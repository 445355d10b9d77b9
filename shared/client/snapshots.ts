/**
 * Snapshots of a cluster: `client.snapshots`. What a snapshot shows is read like any other path, below
 * `<directory>/.snapshot/<name>`.
 *
 *     await client.snapshots.allow('/data')
 *     const path = await client.snapshots.create('/data', 'monday')
 *     for (const it of await client.snapshots.diff('/data', 'monday')) console.log(it.kind, it.path)
 */
import type { Decoded } from '../hadoop/message.js'
import type { SnapshotDiffReportListingProto } from '../hadoop/schema/snapshots.js'
import type { CallOptions } from './client-options.js'
import { type FileStatus, toFileStatus } from './file-status.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { absolutePath, childPath } from './remote-path.js'

export interface SnapshottableDirectory {
  readonly status: FileStatus
  readonly snapshotCount: number
  /** How many it may have. */
  readonly snapshotLimit: number
}

export interface Snapshot {
  /** The directory as the snapshot shows it; its path leads into the snapshot. */
  readonly status: FileStatus
  readonly name: string
  readonly number: number
}

/** Paths are relative to the directory; the empty one is the directory itself. */
export interface Difference {
  readonly kind: 'modified' | 'created' | 'deleted' | 'renamed'
  readonly path: string
  /** Where it was renamed to. */
  readonly target?: string
}

type ListedPage = Decoded<typeof SnapshotDiffReportListingProto>

const KINDS: Readonly<Record<string, Difference['kind']>> = {
  M: 'modified',
  '+': 'created',
  '-': 'deleted',
  R: 'renamed',
}

export class Snapshots {
  readonly #namenode: NamenodeCalls
  readonly #signalOf: (options: CallOptions) => AbortSignal | undefined

  constructor(
    namenode: NamenodeCalls,
    signalOf: (options: CallOptions) => AbortSignal | undefined,
  ) {
    this.#namenode = namenode
    this.#signalOf = signalOf
  }

  /** Lets a directory have snapshots; for superusers. @throws DfsError SNAPSHOT when one above or below it may */
  async allow(path: string, options: CallOptions = {}): Promise<void> {
    await this.#namenode.allowSnapshot(rootOf(path), this.#signalOf(options))
  }

  /** @throws DfsError SNAPSHOT while there are snapshots */
  async disallow(path: string, options: CallOptions = {}): Promise<void> {
    await this.#namenode.disallowSnapshot(rootOf(path), this.#signalOf(options))
  }

  /** @param name made of the time when left out @returns the path below which the snapshot is */
  async create(path: string, name?: string, options: CallOptions = {}): Promise<string> {
    const request = { ...rootOf(path), ...(name === undefined ? {} : { snapshotName: name }) }
    const { snapshotPath } = await this.#namenode.createSnapshot(request, this.#signalOf(options))
    return snapshotPath
  }

  async rename(path: string, from: string, to: string, options: CallOptions = {}): Promise<void> {
    const request = { ...rootOf(path), snapshotOldName: from, snapshotNewName: to }
    await this.#namenode.renameSnapshot(request, this.#signalOf(options))
  }

  async delete(path: string, name: string, options: CallOptions = {}): Promise<void> {
    const request = { ...rootOf(path), snapshotName: name }
    await this.#namenode.deleteSnapshot(request, this.#signalOf(options))
  }

  /** The snapshottable directories of this user; all of them for a superuser. */
  async directories(options: CallOptions = {}): Promise<SnapshottableDirectory[]> {
    const signal = this.#signalOf(options)
    const { snapshottableDirList } = await this.#namenode.getSnapshottableDirListing({}, signal)
    return (snapshottableDirList?.snapshottableDirListing ?? []).map((it) => {
      const name = textOf(it.dirStatus.path)
      const parent = textOf(it.parent_fullpath)
      const path = name === '' ? '/' : childPath(parent === '' ? '/' : parent, name)
      return {
        status: toFileStatus(path, it.dirStatus),
        snapshotCount: it.snapshot_number,
        snapshotLimit: it.snapshot_quota,
      }
    })
  }

  /** The snapshots of a directory, oldest first. */
  async list(path: string, options: CallOptions = {}): Promise<Snapshot[]> {
    const signal = this.#signalOf(options)
    const { snapshotList } = await this.#namenode.getSnapshotListing(rootOf(path), signal)
    const folder = childPath(absolutePath(path), '.snapshot')
    return (snapshotList?.snapshotListing ?? []).map((it) => {
      const name = textOf(it.dirStatus.path)
      const status = toFileStatus(childPath(folder, name), it.dirStatus)
      return { status, name, number: it.snapshotID }
    })
  }

  /**
   * What happened between two snapshots of a directory, in either direction.
   * @param to the current state when left out
   */
  async diff(
    path: string,
    from: string,
    to = '',
    options: CallOptions = {},
  ): Promise<Difference[]> {
    const question = { ...rootOf(path), fromSnapshot: from, toSnapshot: to }
    const signal = this.#signalOf(options)
    // Servers answer in pages between two snapshots only: the current state moves.
    if (from !== '' && to !== '') return reportOf(await this.#pages(question, signal))
    const { diffReport } = await this.#namenode.getSnapshotDiffReport(question, signal)
    return diffReport.diffReportEntries.map((it) => {
      const target = textOf(it.targetPath)
      const kind = KINDS[it.modificationLabel] ?? 'modified'
      return { kind, path: textOf(it.fullpath), ...(kind === 'renamed' ? { target } : {}) }
    })
  }

  async #pages(
    question: { snapshotRoot: string; fromSnapshot: string; toSnapshot: string },
    signal: AbortSignal | undefined,
  ): Promise<ListedPage[]> {
    const pages: ListedPage[] = []
    let cursor: { startPath: Uint8Array; index: number } | undefined = NO_CURSOR
    while (cursor !== undefined) {
      const request = { ...question, cursor }
      const { diffReport } = await this.#namenode.getSnapshotDiffReportListing(request, signal)
      pages.push(diffReport)
      const next: ListedPage['cursor'] = diffReport.cursor
      const isEnd = next === undefined || (next.index === -1 && next.startPath.length === 0)
      cursor = isEnd ? undefined : next
    }
    return pages
  }
}

const NO_CURSOR = { startPath: new Uint8Array(0), index: -1 }

/** The pages as one report. The target of a rename is listed as created too: its source tells of it. */
function reportOf(pages: readonly ListedPage[]): Difference[] {
  const isFromEarlier = pages[0]?.isFromEarlier ?? true
  const [appeared, vanished] = isFromEarlier
    ? (['created', 'deleted'] as const)
    : (['deleted', 'created'] as const)
  const renamed = new Set(
    pages.flatMap((page) => page.deletedEntries.filter((it) => it.isReference).map(idOf)),
  )
  return pages.flatMap((page): Difference[] => [
    ...page.modifiedEntries.map((it): Difference => ({ kind: 'modified', path: pathOf(it) })),
    ...page.createdEntries
      .filter((it) => !renamed.has(idOf(it)))
      .map((it): Difference => ({ kind: appeared, path: pathOf(it) })),
    ...page.deletedEntries.map((it): Difference => {
      if (!it.isReference) return { kind: vanished, path: pathOf(it) }
      const [path, target] = [pathOf(it), textOf(it.targetPath)]
      return isFromEarlier
        ? { kind: 'renamed', path, target }
        : { kind: 'renamed', path: target, target: path }
    }),
  ])
}

type Entry = ListedPage['createdEntries'][number]
const idOf = (entry: Entry) => entry.fileId
const pathOf = (entry: Entry) => textOf(entry.fullpath)
const rootOf = (path: string) => ({ snapshotRoot: absolutePath(path) })
const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('utf8')
