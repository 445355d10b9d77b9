/**
 * Writing files, from the first block to the close: the use cases that join the namespace (who may, what comes next) with
 * block management (where, and is it stored). Protocol reference 2.6 has the order of checks and the texts.
 */
import { DfsError } from '../../../shared/errors.js'
import type { Block, DatanodeUuid, StorageId } from '../../../shared/ids.js'
import type { Call } from '../access/call.js'
import type { BlockManager, DatanodeView, Replica } from '../blocks/block-manager.js'
import type { Namespace, OpenFileReference } from '../namespace/namespace.js'
import type { BlockRecord, FileStatus, ReplicaTarget } from '../namespace/namespace-model.js'
import type { SafeMode } from '../safe-mode.js'
import type { LocatedBlock, LocatedBlocks } from './located-blocks.js'
import { inPipelineOrder, isSameBlock, notPlaced, targetsOf } from './write-targets.js'

export interface FileWritesOptions {
  readonly namespace: Namespace
  readonly blockManager: BlockManager
  readonly located: LocatedBlocks
  readonly safeMode: SafeMode
  readonly minReplication: number
  /** How long `complete` waits for the reports of datanodes before it answers "not yet". */
  readonly completeWaitMs: number
}

export interface AddBlockRequest extends OpenFileReference {
  readonly previous: Block | undefined
  /** Datanodes that the client could not use, by UUID or `ip:port`. */
  readonly excluded: readonly string[]
  /** Datanodes that the client asks for, by `ip:port`; unknown ones are passed over. */
  readonly favoured?: readonly string[]
  /** Whether the writer's own node is to be first, no better than others, or not used. */
  readonly writerNode: 'prefer' | 'ignore' | 'avoid'
}

export class FileWrites {
  readonly #options: FileWritesOptions

  constructor(options: FileWritesOptions) {
    this.#options = options
  }

  /**
   * Allocates the next block of an open file and commits `previous` with the length that the writer gives.
   *
   * Targets are chosen before the block is allocated: a cluster without room leaves no empty block behind. A repeated
   * request gets the same block again, with fresh targets, since those of the lost answer were never used.
   * @throws DfsError NO_DATANODES, NOT_REPLICATED_YET, SAFE_MODE, LEASE_EXPIRED, NOT_FOUND, IO
   */
  async addBlock(call: Call, request: AddBlockRequest): Promise<LocatedBlock> {
    const { namespace, blockManager, located, safeMode } = this.#options
    safeMode.requireOff(`Cannot add block to ${request.path}`)
    const { status, blocks } = namespace.openFile(call, request)
    await this.#requireEarlierBlocksStored(request, blocks)
    const placed = this.#chooseTargets(call, request, status)
    const { path, fileId, holder, previous } = request
    const allocated = await namespace.allocateBlock(call, { path, fileId, holder, previous })
    const hasWishes = (request.favoured ?? []).length > 0
    const targets = hasWishes ? placed : inPipelineOrder(call, allocated.block, placed)
    blockManager.expectReplicas(allocated.block, targetsOf(targets))
    return located.atReplicas(call, allocated.block, allocated.offsetBytes, targets)
  }

  #chooseTargets(call: Call, request: AddBlockRequest, status: FileStatus): readonly Replica[] {
    const { blockManager } = this.#options
    const excluded = this.#datanodeUuids(request.excluded)
    const nodes = blockManager.datanodes()
    const isLocal = (node: DatanodeView) => node.addresses.includes(call.clientAddress)
    if (request.writerNode === 'avoid') {
      const others = nodes.filter(
        (it) => it.liveness === 'live' && !isLocal(it) && !excluded.has(it.uuid),
      )
      // A wish, not a rule: without enough other nodes the writer's own is taken, as in HDFS.
      const isPossible = others.length >= status.replication
      if (isPossible) for (const node of nodes) if (isLocal(node)) excluded.add(node.uuid)
    }
    const targets = blockManager.chooseTargets({
      replicas: status.replication,
      blockSizeBytes: status.blockSizeBytes,
      writerAddress: request.writerNode === 'prefer' ? call.clientAddress : '',
      excluded,
      existing: [],
      favoured: [...this.#datanodeUuids(request.favoured ?? [])],
      policy: status.storagePolicy,
    })
    if (targets.length < this.#options.minReplication) {
      throw notPlaced(blockManager, request.path, {
        found: targets.length,
        needed: this.#options.minReplication,
        excluded: excluded.size,
      })
    }
    return targets
  }

  /**
   * A writer may run ahead of the reports by one block, not more: the last block is committed by the allocation itself,
   * the one before must be stored.
   */
  async #requireEarlierBlocksStored(
    request: AddBlockRequest,
    blocks: readonly BlockRecord[],
  ): Promise<void> {
    const { blockManager, minReplication, completeWaitMs } = this.#options
    const last = blocks.at(-1)
    const beforeLast = blocks.at(-2)
    if (beforeLast === undefined || !isSameBlock(request.previous, last)) return
    const stored = await blockManager.waitForReplicas(beforeLast, minReplication, completeWaitMs)
    if (stored < minReplication) {
      throw new DfsError('NOT_REPLICATED_YET', `Not replicated yet: ${request.path}`)
    }
  }

  /**
   * Replacements for failed nodes of a pipeline.
   * @returns the existing replicas followed by exactly `count` new ones
   * @throws DfsError NO_DATANODES when there are fewer; writers may go on with the survivors
   */
  async additionalDatanodes(
    call: Call,
    request: OpenFileReference & {
      readonly block: Block
      readonly existing: readonly ReplicaTarget[]
      readonly excluded: readonly string[]
      readonly count: number
    },
  ): Promise<LocatedBlock> {
    const { namespace, blockManager, located, safeMode } = this.#options
    safeMode.requireOff(`Cannot add datanode; src=${request.path}, blk=blk_${request.block.id}`)
    const { status } = namespace.openFile(call, request)
    const survivors = request.existing.flatMap((it) => this.#replicaAt(it) ?? [])
    const excluded = this.#datanodeUuids(request.excluded)
    blockManager.writerLost(excluded)
    const added = blockManager.chooseTargets({
      replicas: request.count,
      blockSizeBytes: status.blockSizeBytes,
      writerAddress: call.clientAddress,
      excluded,
      existing: request.existing.map((it) => it.datanodeUuid),
      policy: status.storagePolicy,
      existingTypes: survivors.map((it) => it.storageType),
    })
    if (added.length < request.count) {
      throw notPlaced(blockManager, request.path, {
        found: added.length,
        needed: request.count,
        excluded: excluded.size,
      })
    }
    return located.atReplicas(call, request.block, 0, [...survivors, ...added])
  }

  /**
   * Reserves a new generation stamp for a pipeline that is being rebuilt; nothing else changes until `updatePipeline`
   * (the Go client asks after every block and then completes with the old stamp).
   */
  async newStampForPipeline(
    call: Call,
    request: { readonly block: Block; readonly holder: string },
  ): Promise<Block> {
    const stamp = await this.#options.namespace.reserveGenerationStamp(call, request)
    return { ...request.block, generationStamp: stamp }
  }

  /** Makes the new stamp, length and nodes of a rebuilt pipeline the valid ones; replicas with older stamps are stale. */
  async updatePipeline(
    call: Call,
    request: {
      readonly holder: string
      readonly oldBlock: Block
      readonly newBlock: Block
      readonly datanodes: readonly string[]
      readonly storageIds: readonly StorageId[]
    },
  ): Promise<void> {
    const { namespace, blockManager } = this.#options
    const targets = request.datanodes.map((name, index) => {
      const node = blockManager.findDatanode(name)
      const storage = request.storageIds[index] ?? node?.storages[0]?.storageId
      if (node === undefined || storage === undefined) {
        throw new DfsError('IO', `Cannot find datanode ${name} of the new pipeline`)
      }
      return { datanodeUuid: node.uuid, storageId: storage }
    })
    const { holder, oldBlock, newBlock } = request
    await namespace.updatePipeline(call, { holder, oldBlock, newBlock })
    blockManager.expectReplicas(newBlock, targets)
  }

  /**
   * Commits the last block and closes the file.
   *
   * Waits for the reports of the datanodes first, so that a close that has succeeded is on disk at the nodes (P1); a
   * client that is told "not yet" polls, which costs it 400 ms, so waiting here is the faster answer.
   * @returns false when too few replicas are reported in time: the client asks again
   */
  async complete(
    call: Call,
    request: OpenFileReference & { readonly last: Block | undefined },
  ): Promise<boolean> {
    const { namespace, safeMode } = this.#options
    safeMode.requireNotManual(`Cannot complete file ${request.path}`)
    const { path, fileId, holder, last } = request
    // Most files that end without a block never had one: the writer sees that, and the look below is spared.
    const mayBeEmpty = last === undefined
    if (mayBeEmpty && (await namespace.completeEmptyFile(call, { path, fileId, holder })))
      return true
    const open = this.#openFileUnlessClosed(call, request)
    if (open !== undefined && !(await this.#areStored(open, last))) return false
    await namespace.completeFile(call, { path, fileId, holder, last })
    return true
  }

  /** undefined when the lease is gone: closing a closed file again succeeds, and the namespace decides that. */
  #openFileUnlessClosed(
    call: Call,
    request: OpenFileReference,
  ): readonly BlockRecord[] | undefined {
    try {
      return this.#options.namespace.openFile(call, request).blocks
    } catch (error) {
      if (error instanceof DfsError && error.code === 'LEASE_EXPIRED') return undefined
      throw error
    }
  }

  async #areStored(blocks: readonly BlockRecord[], last: Block | undefined): Promise<boolean> {
    const { blockManager, minReplication, completeWaitMs } = this.#options
    const recorded = blocks.at(-1)
    // No block, one that is not the file's last, or none where one is open: success or error, the namespace words it.
    if (recorded === undefined || !isSameBlock(last ?? recorded, recorded)) return true
    if (last === undefined && recorded.state === 'under-construction') return true
    const earlier = blocks.at(-2)
    const toStore: Block[] = earlier === undefined ? [] : [earlier]
    toStore.push(last ?? recorded)
    const counts = await Promise.all(
      toStore.map((it) => blockManager.waitForReplicas(it, minReplication, completeWaitMs)),
    )
    return counts.every((count) => count >= minReplication)
  }

  /** The replica that a client names, as block management knows it; undefined for nodes that are gone. */
  #replicaAt(target: ReplicaTarget): Replica | undefined {
    const datanode = this.#options.blockManager.findDatanode(target.datanodeUuid)
    const storage =
      datanode?.storages.find((it) => it.storageId === target.storageId) ?? datanode?.storages[0]
    if (datanode === undefined || storage === undefined) return undefined
    const { storageId, type } = storage
    return { datanode, storageId, storageType: type, state: 'being-written' }
  }

  /** Names that no datanode has are dropped: there is nothing to exclude. */
  #datanodeUuids(names: readonly string[]): Set<DatanodeUuid> {
    const uuids = names.flatMap((it) => this.#options.blockManager.findDatanode(it)?.uuid ?? [])
    return new Set(uuids)
  }
}
