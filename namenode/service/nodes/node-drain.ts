/**
 * Looks through the blocks of one node that is to leave or to be away, in slices, until a whole pass finds none that
 * still depends on it. Memory is bounded: a pass pauses when enough blocks are known to wait, and goes on as they are
 * settled. Nodes are looked through each on their own, so that one that is stuck holds up no other (HDFS-16303).
 */
import type { BlockId, InodeId } from '../../../shared/ids.js'
import {
  DRAIN_CAUSES,
  type DrainCause,
  estimateRemainingMs,
  whyStillNeeded,
} from '../../policy/drain.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import { type ClusterNode, type ClusterStorage, isNodeConfirmed } from './cluster-node.js'

/** Blocks remembered as waiting; more are found when these are settled. */
const WAITING_CAPACITY = 20_000
/** Of those, how many are looked at again in one round; the others are looked at when they are told to be well. */
const RECHECKED_PER_ROUND = 1_000

export interface DrainProgress {
  readonly startedWallMs: number
  readonly blocksLeft: number
  readonly bytesLeft: number
  readonly bytesDone: number
  /** undefined while there is no pace to go by. */
  readonly remainingMs: number | undefined
  /** Of the blocks looked at, what they wait for. */
  readonly waiting: Readonly<Record<DrainCause, number>>
  /** Some files that are being written and hold the node up. */
  readonly openFiles: readonly InodeId[]
}

interface WaitingBlock {
  readonly cause: DrainCause
  readonly lengthBytes: number
  readonly inodeId: InodeId
}

const OPEN_FILES_NAMED = 10

export class NodeDrain {
  readonly #node: ClusterNode
  readonly #map: ReplicaMap
  readonly #examination: Examination
  readonly #startedWallMs: number
  readonly #waiting = new Map<BlockId, WaitingBlock>()
  #rechecking: BlockId[] = []
  /** Storages of this pass that are still to be looked through, and how far the first of them is. */
  #storages: ClusterStorage[]
  #after = -1
  #passed = 0
  #isFirstPass = true
  #isClean = true
  #bytesDone = 0
  #isDone = false

  constructor(
    node: ClusterNode,
    parts: { readonly map: ReplicaMap; readonly examination: Examination },
    nowWallMs: number,
  ) {
    this.#node = node
    this.#map = parts.map
    this.#examination = parts.examination
    this.#startedWallMs = nowWallMs
    this.#storages = [...node.storages.values()]
  }

  /** Nothing depends on the node: found by a whole pass over its blocks. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Begins a round: what has not been looked at for longest is looked at again. */
  beginRound(): void {
    this.#rechecking = []
    for (const block of this.#waiting.keys()) {
      if (this.#rechecking.length >= RECHECKED_PER_ROUND) return
      this.#rechecking.push(block)
    }
  }

  /** A block has all the replicas that it should have: most of what waits is settled by this. */
  wellNow(block: BlockId): void {
    if (this.#waiting.has(block)) this.#look(block)
  }

  /** Looks at up to `limit` blocks; false when there is nothing more to look at in this round. */
  step(limit: number): boolean {
    if (this.#isDone) return false
    for (const block of this.#rechecking.splice(0, limit)) this.#look(block)
    if (this.#rechecking.length > 0) return true
    if (this.#waiting.size >= WAITING_CAPACITY) return false
    if (!this.#isKnown()) {
      this.#beginPass()
      return false
    }
    const [storage] = this.#storages
    if (storage === undefined) return this.#endPass()
    const rows = this.#map.store.ofStorage(
      storage.number,
      this.#after,
      Number.MAX_SAFE_INTEGER,
      limit,
    )
    for (const row of rows) this.#look(row.blockId)
    this.#passed += rows.length
    this.#after = rows.at(-1)?.blockId ?? this.#after
    if (rows.length < limit) {
      this.#storages.shift()
      this.#after = -1
    }
    return true
  }

  progress(nowWallMs: number): DrainProgress {
    const waiting = Object.fromEntries(DRAIN_CAUSES.map((it) => [it, 0])) as Record<
      DrainCause,
      number
    >
    let bytesLeft = 0
    const openFiles: InodeId[] = []
    for (const { cause, lengthBytes, inodeId } of this.#waiting.values()) {
      waiting[cause] += 1
      bytesLeft += lengthBytes
      if (cause === 'open' && openFiles.length < OPEN_FILES_NAMED) openFiles.push(inodeId)
    }
    const unseen = this.#unseen()
    bytesLeft += unseen.bytes
    const elapsedMs = nowWallMs - this.#startedWallMs
    return {
      startedWallMs: this.#startedWallMs,
      blocksLeft: this.#waiting.size + unseen.blocks,
      bytesLeft,
      bytesDone: this.#bytesDone,
      remainingMs: estimateRemainingMs(this.#bytesDone, bytesLeft, elapsedMs),
      waiting,
      openFiles,
    }
  }

  /** Blocks that the first pass has not come to; later passes only make sure. */
  #unseen(): { blocks: number; bytes: number } {
    if (!this.#isFirstPass) return { blocks: 0, bytes: 0 }
    const storages = [...this.#node.storages.values()]
    const all = storages.reduce((sum, it) => sum + this.#map.store.replicaCount(it.number), 0)
    const used = storages.reduce((sum, it) => sum + it.usedBytes, 0)
    const blocks = Math.max(0, all - this.#passed)
    return { blocks, bytes: all === 0 ? 0 : Math.round((used * blocks) / all) }
  }

  #look(id: BlockId): void {
    const cause = this.#causeOf(id)
    const known = this.#waiting.get(id)
    // Behind all others, if it has to wait on.
    this.#waiting.delete(id)
    if (cause === undefined) {
      if (known !== undefined) this.#bytesDone += known.lengthBytes
      return
    }
    this.#isClean = false
    const record = this.#map.record(id)
    if (record === undefined) return
    this.#waiting.set(id, { cause, lengthBytes: record.lengthBytes, inodeId: record.inodeId })
  }

  #causeOf(id: BlockId): DrainCause | undefined {
    const record = this.#map.record(id)
    // A block of no file: nobody misses it, or nobody knows it and it stays where it is.
    if (record === undefined) return undefined
    const replicas = this.#map.held(id, record)
    const isOurs = replicas.some((it) => it.datanodeUuid === this.#node.uuid)
    if (!isOurs) return undefined
    return whyStillNeeded({
      node: this.#node.uuid,
      state: this.#node.adminState,
      isOpen: record.state !== 'committed',
      target: record.replication,
      maintenanceMinimum: this.#examination.maintenanceMinimum,
      replicas,
      pendingCopies: this.#examination.pendingCopiesOf(id),
    })
  }

  /** Done only after a pass that began with nothing waiting and found nothing. */
  #endPass(): boolean {
    this.#isFirstPass = false
    if (this.#waiting.size > 0) return false
    if (this.#isClean) {
      this.#isDone = true
      return false
    }
    this.#beginPass()
    return true
  }

  #beginPass(): void {
    this.#isClean = true
    this.#storages = [...this.#node.storages.values()]
    this.#after = -1
  }

  /**
   * What the node has was reported to this run of the namenode: the map from before may have been lost with the power of its
   * machine, and a node of which nothing is known is not one on which nothing depends (found by the simulation).
   */
  #isKnown(): boolean {
    const node = this.#node
    return node.liveness === 'dead' ? node.lastFullReportWallMs > 0 : isNodeConfirmed(node)
  }
}
