/**
 * The checker: walks the namespace below a path beside the replica map and yields what it finds, file by file, then the
 * totals. Reads only. The walk is paged and gives way to other work, so a check of a big namespace takes long but
 * disturbs nobody; what changes while it runs is seen before or after. `strict` also checks our own promises (invariants
 * I6 to I8): tests end with it.
 */
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import { SNAPSHOT_FOLDER } from '../../policy/path-name.js'
import { policyOfId } from '../../policy/storage-policies.js'
import type { ReplicaAttentionStore } from '../../storage/replica-attention-store.js'
import type { Call } from '../access/call.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import type { Namespace } from '../namespace/namespace.js'
import type { FileStatus } from '../namespace/namespace-model.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import { describeBlock, describeReplica, problemsOf } from './fsck-description.js'
import { keptForUndo } from './fsck-kept.js'
import type { FsckFile, FsckItem, FsckViolation } from './fsck-model.js'
import { FsckTotals } from './fsck-totals.js'
import { violationsOfBlock, violationsOfFile } from './fsck-violations.js'

const PAGE_ENTRIES = 500
/** Blocks, files and folders looked at before other work gets its turn: about 5 ms. */
const SLICE_STEPS = 200
const MAX_ORPHANS_LISTED = 1000

export interface FsckOptions {
  readonly clock: Clock
  readonly namespace: Namespace
  readonly map: ReplicaMap
  readonly registry: ClusterRegistry
  readonly examination: Examination
  readonly attention: ReplicaAttentionStore
  readonly defaultReplication: number
  readonly minReplication: number
}

export interface FsckRequest {
  /** A file or directory. */
  readonly path: string
  readonly strict: boolean
  /** Also what only snapshots show, and what they show besides. */
  readonly includeSnapshots?: boolean
  /** Have blocks that are badly placed looked at for copies at once. */
  readonly replicate?: boolean
  /** Sum up what is kept for undo, too: HDFS has no such thing, and its clients do not ask for it. */
  readonly keptForUndo?: boolean
  readonly signal?: AbortSignal
}

/** A directory that is being walked through. */
interface Level {
  readonly path: string
  startAfter: string
}

interface Walk {
  readonly call: Call
  readonly request: FsckRequest
  readonly totals: FsckTotals
  stepsInSlice: number
}

export class Fsck {
  readonly #options: FsckOptions

  constructor(options: FsckOptions) {
    this.#options = options
  }

  /**
   * Yields directories, files and violations in the order of the walk, then orphans (for the root), then one summary.
   * @throws DfsError NOT_FOUND, PERMISSION_DENIED; INTERRUPTED when the signal aborts
   */
  async *check(call: Call, request: FsckRequest): AsyncGenerator<FsckItem, void, undefined> {
    const { clock, namespace, registry } = this.#options
    const startedMs = clock.monotonicMs()
    const status = namespace.status(call, request.path)
    if (status === undefined) {
      throw new DfsError('NOT_FOUND', `File does not exist: ${request.path}`)
    }
    const walk: Walk = { call, request, totals: new FsckTotals(), stepsInSlice: 0 }
    if (status.kind === 'file') yield* this.#file(request.path, status, walk)
    else yield* this.#tree(request.path, walk)
    if (request.path === '/') yield* this.#orphans(walk)
    await this.#kept(walk)
    const nodes = registry.nodes().filter((it) => it.liveness !== 'dead')
    yield walk.totals.summary({
      path: request.path,
      defaultReplication: this.#options.defaultReplication,
      minReplication: this.#options.minReplication,
      datanodes: nodes.length,
      racks: new Set(nodes.map((it) => it.rack)).size,
      durationMs: clock.monotonicMs() - startedMs,
    })
  }

  /** Depth first. Memory: one position for each level, and one page. */
  async *#tree(root: string, walk: Walk): AsyncGenerator<FsckItem, void, undefined> {
    const open: Level[] = []
    yield* this.#enter(root, open, walk)
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      await this.#giveWay(walk)
      const page = this.#options.namespace.list(
        walk.call,
        level.path,
        level.startAfter,
        PAGE_ENTRIES,
      )
      let below: string | undefined
      for (const entry of page?.entries ?? []) {
        const path = level.path === '/' ? `/${entry.name}` : `${level.path}/${entry.name}`
        level.startAfter = entry.name
        if (entry.kind === 'directory') {
          below = path
          break
        }
        yield* this.#file(path, entry, walk)
      }
      if (below !== undefined) {
        yield* this.#enter(below, open, walk)
      } else if (page === undefined || page.remainingEntries === 0) {
        open.pop()
      }
    }
  }

  /** Its snapshots are looked at first, as in HDFS. */
  *#enter(path: string, open: Level[], walk: Walk): Generator<FsckItem, void, undefined> {
    const { namespace } = this.#options
    const add = (folder: string): FsckItem => {
      walk.totals.directories += 1
      open.push({ path: folder, startAfter: '' })
      return { kind: 'directory', path: folder }
    }
    yield add(path)
    if (walk.request.includeSnapshots !== true || path.includes(`/${SNAPSHOT_FOLDER}`)) return
    const isSnapshottable = namespace.status(walk.call, path)?.isSnapshottable === true
    const hasSnapshots =
      isSnapshottable && namespace.status(walk.call, snapshotsOf(path)) !== undefined
    if (hasSnapshots) yield add(snapshotsOf(path))
  }

  async *#file(
    path: string,
    status: FileStatus,
    walk: Walk,
  ): AsyncGenerator<FsckItem, void, undefined> {
    const { namespace, map, examination } = this.#options
    const records = namespace.blocksOfFile(status.id, status.snapshot)
    const violations: FsckViolation[] = []
    const blocks: FsckFile['blocks'][number][] = []
    for (const record of records) {
      await this.#giveWay(walk)
      const examined = examination.assess(record, map.held(record.id, record))
      blocks.push(describeBlock(examined, examination.pendingCopiesOf(record.id)))
      if (walk.request.replicate === true && examined.assessment.risk === 'badly-placed') {
        examination.soon(record.id)
        walk.totals.queuedBlocks += 1
      }
      if (walk.request.strict) {
        violations.push(
          ...violationsOfBlock(path, examined, this.#options.attention.get(record.id)),
        )
      }
    }
    if (walk.request.strict) violations.push(...violationsOfFile(path, status, records))
    const file: FsckFile = {
      kind: 'file',
      path,
      lengthBytes: status.lengthBytes,
      replication: status.replication,
      owner: status.owner,
      group: status.group,
      permission: status.permission,
      isOpen: status.isUnderConstruction,
      storagePolicy: policyOfId(status.storagePolicy).name,
      blocks,
      problems: problemsOf(status, blocks),
    }
    walk.totals.add(file)
    yield file
    for (const violation of violations) {
      walk.totals.violations += 1
      yield violation
    }
  }

  async *#orphans(walk: Walk): AsyncGenerator<FsckItem, void, undefined> {
    const { attention, map } = this.#options
    walk.totals.orphanBlocks = attention.count('unknown')
    for (const id of attention.list('unknown', 0, MAX_ORPHANS_LISTED)) {
      yield {
        kind: 'orphan',
        blockId: id,
        replicas: map.held(id, map.record(id)).map(describeReplica),
      }
    }
  }

  async #kept(walk: Walk): Promise<void> {
    if (walk.request.keptForUndo !== true) return
    const { call, request, totals } = walk
    const giveWay = () => this.#giveWay(walk)
    totals.keptForUndo = await keptForUndo(this.#options.namespace, call, request.path, giveWay)
  }

  async #giveWay(walk: Walk): Promise<void> {
    if (walk.request.signal?.aborted) throw new DfsError('INTERRUPTED', 'the check was given up')
    walk.stepsInSlice += 1
    if (walk.stepsInSlice < SLICE_STEPS) return
    walk.stepsInSlice = 0
    await this.#options.clock.sleep(0)
  }
}

const snapshotsOf = (path: string) => `${path === '/' ? '' : path}/${SNAPSHOT_FOLDER}`
