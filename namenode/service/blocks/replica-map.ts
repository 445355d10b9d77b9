/**
 * Who holds what, and what it is worth now: the rows of the replica map joined with the cluster and judged against the
 * namespace. The only place that writes replica rows.
 */
import type { Block, BlockId, DatanodeUuid } from '../../../shared/ids.js'
import type { RemovableReplica } from '../../policy/choose-excess.js'
import { type JudgedBlock, judgeReplica } from '../../policy/judge-replica.js'
import type { ReplicaRow, ReplicaStore } from '../../storage/replica-store.js'
import type { Namespace } from '../namespace/namespace.js'
import type { BlockRecord, ReplicaTarget } from '../namespace/namespace-model.js'
import { type ClusterStorage, isUsable } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { BlockEventKind, BlockHistory } from './block-history.js'
import type { LeavingReplicas } from './leaving-replicas.js'

export type NamespaceBlocks = Pick<Namespace, 'atOneMoment' | 'block' | 'deletedBlocksAfter'>

/** A replica as policies see it, with the row and the storage it was made from. */
export interface HeldReplica extends RemovableReplica {
  readonly row: ReplicaRow
  readonly storage: ClusterStorage
}

export interface ReplicaMapOptions {
  readonly store: ReplicaStore
  readonly registry: ClusterRegistry
  readonly namespace: NamespaceBlocks
  readonly leaving: LeavingReplicas
  readonly history: Pick<BlockHistory, 'note'>
}

export class ReplicaMap {
  readonly store: ReplicaStore
  /** Whether the mover has made a copy to take a replica's place. */
  isReplaced: (block: BlockId, datanode: DatanodeUuid) => boolean = () => false
  readonly #registry: ClusterRegistry
  readonly #namespace: NamespaceBlocks
  readonly #leaving: LeavingReplicas
  readonly #history: Pick<BlockHistory, 'note'>

  constructor(options: ReplicaMapOptions) {
    this.store = options.store
    this.#registry = options.registry
    this.#namespace = options.namespace
    this.#leaving = options.leaving
    this.#history = options.history
  }

  /** For many blocks: one transaction for the rows that change, one for what is asked of the namespace. */
  together<T>(work: () => T): T {
    return this.store.transaction(() => this.#namespace.atOneMoment(work))
  }

  record(id: BlockId): BlockRecord | undefined {
    return this.#namespace.block(id)
  }

  /** The namespace's word on a block: only what it lists as deleted may be deleted, the rest is unknown. */
  judged(id: BlockId, record: BlockRecord | undefined): JudgedBlock {
    if (record !== undefined) {
      const { generationStamp, lengthBytes, state } = record
      return { kind: 'known', generationStamp, lengthBytes, state }
    }
    const [next] = this.#namespace.deletedBlocksAfter(idBefore(id), 1)
    return { kind: next?.blockId === id ? 'deleted' : 'unknown' }
  }

  /** All replicas of a block that known storages hold, dead ones included. */
  held(id: BlockId, record: BlockRecord | undefined): HeldReplica[] {
    const rows = this.store.replicasOf(id)
    if (rows.length === 0) return []
    const judged = this.judged(id, record)
    return rows.flatMap((row) => {
      const storage = this.#registry.storage(row.storage)
      return storage === undefined ? [] : [this.#hold(row, storage, judged)]
    })
  }

  isConfirmed(row: ReplicaRow, storage: ClusterStorage): boolean {
    const { session } = storage.node
    if (session === undefined) return false
    return storage.isConfirmed || row.session >= session.number
  }

  /**
   * Records a pipeline. Replicas of its version that are being written elsewhere are not asked for any more. Those of an
   * older one stay on record: their nodes dropped out, what they hold is to be removed, and with the row the removal
   * would be forgotten when the file is deleted.
   */
  expect(block: Block, targets: readonly ReplicaTarget[]): void {
    const nodes = targets.map((it) => it.datanodeUuid).join(' ')
    this.#history.note('pipeline', block.id, '', `${nodes}, version ${block.generationStamp}`)
    this.store.transaction(() => {
      const expected = new Set<number>()
      for (const target of targets) {
        const storage = this.#registry.storageOf(target.datanodeUuid, target.storageId)
        if (storage === undefined) continue
        expected.add(storage.number)
        storage.recentEvents.note(block.id)
        this.receiving(storage, block)
      }
      for (const row of this.store.replicasOf(block.id)) {
        const isOfThisVersion = row.generationStamp >= block.generationStamp
        if (row.state === 'being-written' && isOfThisVersion && !expected.has(row.storage)) {
          this.store.remove(block.id, row.storage)
        }
      }
    })
  }

  /** A replica has begun; what is there in the same or a newer version stays as it is. */
  receiving(storage: ClusterStorage, block: Block): void {
    const known = this.store.replica(block.id, storage.number)
    if (known !== undefined && known.generationStamp > block.generationStamp) return
    if (known?.state === 'finalized' && known.generationStamp === block.generationStamp) return
    this.#put(storage, block, 'being-written', known)
  }

  /** A replica was finalized and verified; a late word about an older version is ignored (I4). */
  received(storage: ClusterStorage, block: Block): boolean {
    const known = this.store.replica(block.id, storage.number)
    if (known !== undefined && known.generationStamp > block.generationStamp) return false
    this.#leaving.outgrown(storage.number, block.id, block.generationStamp)
    this.#put(storage, block, 'finalized', known)
    this.#note('received', storage, block.id, `version ${block.generationStamp}`)
    return true
  }

  /** A replica is gone; a late word about an older version than the one that is there is ignored. */
  deleted(
    storage: ClusterStorage,
    id: BlockId,
    generationStamp: number,
    why = 'its node told so',
  ): void {
    const known = this.store.replica(id, storage.number)
    if (known !== undefined && known.generationStamp > generationStamp) return
    this.store.remove(id, storage.number)
    this.#leaving.remove(storage.number, id)
    if (known !== undefined) this.#note('deleted', storage, id, why)
  }

  /** Its node found bad bytes. Sticks until the replica is written anew or gone, or its node finds it good. */
  corrupt(storage: ClusterStorage, block: Block): void {
    const known = this.store.replica(block.id, storage.number)
    if (known !== undefined && known.generationStamp > block.generationStamp) return
    this.#put(storage, block, 'corrupt', known)
    this.#note('corrupt', storage, block.id, 'its node found bad bytes')
  }

  /** Its node called it bad, has read it once more, and found it good: the disk had erred, not the bytes. */
  soundAfterAll(storage: ClusterStorage, block: Block): void {
    const known = this.store.replica(block.id, storage.number)
    if (known?.state !== 'corrupt' || known.generationStamp !== block.generationStamp) return
    this.#put(storage, block, 'finalized', known)
    this.#note('mended', storage, block.id, 'its node read it once more: it is good')
  }

  /** Its node made good what was damaged beside the bytes: nothing changes, the history tells. */
  mended(storage: ClusterStorage, block: Block): void {
    this.#note('mended', storage, block.id, 'the header of its checksums was damaged')
  }

  /** One line of a full report. A listing says that a file is there, not that its bytes are good: corrupt stays. */
  listed(
    storage: ClusterStorage,
    block: Block,
    state: 'finalized' | 'being-written',
    reportNumber: number,
  ): 'same' | 'changed' {
    const known = this.store.replica(block.id, storage.number)
    const isSameVersion = known?.generationStamp === block.generationStamp
    const next = known?.state === 'corrupt' && isSameVersion ? 'corrupt' : state
    const row: ReplicaRow = {
      blockId: block.id,
      storage: storage.number,
      generationStamp: block.generationStamp,
      lengthBytes: block.lengthBytes,
      state: next,
      session: reportNumber,
    }
    this.store.put(row, known)
    return isSameVersion && known?.state === next && known.lengthBytes === block.lengthBytes
      ? 'same'
      : 'changed'
  }

  /** A reader complained: for the record only. */
  noteSuspicion(id: BlockId, datanode: DatanodeUuid): void {
    this.#history.note(
      'suspected',
      id,
      datanode,
      'a reader found it bad: its node is asked to look',
    )
  }

  #note(kind: BlockEventKind, storage: ClusterStorage, id: BlockId, detail: string): void {
    this.#history.note(kind, id, storage.node.uuid, detail)
  }

  #put(
    storage: ClusterStorage,
    block: Block,
    state: ReplicaRow['state'],
    known: ReplicaRow | undefined,
  ): void {
    const row = {
      blockId: block.id,
      storage: storage.number,
      generationStamp: block.generationStamp,
      lengthBytes: block.lengthBytes,
      state,
      session: Math.max(storage.node.session?.number ?? 0, storage.reportNumber),
    }
    this.store.put(row, known)
  }

  #hold(row: ReplicaRow, storage: ClusterStorage, block: JudgedBlock): HeldReplica {
    const { node } = storage
    const judgement = judgeReplica(row, block)
    // Still being written long after its block was committed, and listed so by its node: it dropped out of the pipeline.
    const isLeftOver =
      judgement === 'being-written' &&
      block.kind === 'known' &&
      block.state === 'committed' &&
      storage.isConfirmed &&
      !storage.recentEvents.has(row.blockId)
    return {
      row,
      storage,
      datanodeUuid: node.uuid,
      storageId: storage.storageId,
      storageType: storage.type,
      rack: node.rack,
      liveness: isUsable(storage) ? node.liveness : 'dead',
      adminState: node.adminState,
      judgement: isLeftOver ? 'stale' : judgement,
      isConfirmed: this.isConfirmed(row, storage),
      isLeaving: this.#leaving.has(row.storage, row.blockId),
      isReplaced: this.isReplaced(row.blockId, node.uuid),
      usedShare: storage.capacityBytes === 0 ? 0 : storage.usedBytes / storage.capacityBytes,
    }
  }
}

/** The greatest number below an id, as a position to read on from. */
function idBefore(id: BlockId): BlockId | 0 {
  return (id - 1) as BlockId | 0
}
