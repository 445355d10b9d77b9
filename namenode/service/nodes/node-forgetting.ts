/**
 * Forgets what will not come back: a dead node, or the failed and the removed volumes of a living one. Until then their
 * replicas are remembered, since a disk that returns must lose what was deleted meanwhile; so this is an operator's word,
 * and it is refused while blocks have no other replica. In slices: a node may have held millions of blocks.
 */
import { DfsError } from '../../../shared/errors.js'
import type { BlockId } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import { checkSuperuser } from '../../policy/permissions.js'
import type { KnownNodesFile } from '../../storage/replica-nodes.js'
import type { ReplicaRow } from '../../storage/replica-store.js'
import type { Call } from '../access/call.js'
import type { DeletedBlocks } from '../blocks/deleted-blocks.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import { type ClusterNode, type ClusterStorage, isUsable, knownNodeOf } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import type { NodeAdministration } from './node-administration.js'

const ROWS_AT_ONCE = 1000

export interface Forgotten {
  readonly node: string
  /** false: the node lives on, only volumes of it were forgotten. */
  readonly isWholeNode: boolean
  readonly volumes: number
  readonly replicas: number
  /** Blocks whose only replica was among them. */
  readonly blocksLost: number
}

export interface NodeForgettingOptions {
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly knownNodes: KnownNodesFile
  readonly map: ReplicaMap
  readonly examination: Examination
  readonly deletedBlocks: DeletedBlocks
  readonly administration: NodeAdministration
}

export class NodeForgetting {
  readonly #options: NodeForgettingOptions

  constructor(options: NodeForgettingOptions) {
    this.#options = options
  }

  /**
   * @param name UUID, host name, address, or either with the transfer port
   * @param isForced also when blocks have no other replica
   * @throws DfsError PERMISSION_DENIED, NOT_FOUND; ILLEGAL_ARGUMENT nothing of the node is gone, or blocks would be lost;
   *   CONFLICT it came back meanwhile
   */
  async forget(call: Call, name: string, isForced: boolean): Promise<Forgotten> {
    checkSuperuser(call.principal, 'refreshNodes')
    const { registry, administration, log } = this.#options
    const node = administration.find(name)
    const gone: Gone = new Map(
      [...node.storages.values()].filter(isOutOfReach).map((it) => [it.number, it]),
    )
    if (node.liveness !== 'dead' && gone.size === 0) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `${name} is ${node.liveness} and all of its volumes are in use: decommission it, stop it, and forget it when it is dead`,
      )
    }
    const blocksLost = await this.#countLost(gone)
    if (blocksLost > 0 && !isForced) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `${blocksLost} blocks have no good replica but there (dfs status): bring it back, or forget them with --force`,
      )
    }
    const replicas = await this.#forgetRows(gone)
    const isWholeNode = node.liveness === 'dead'
    if (isWholeNode) {
      await administration.withdraw(call, node)
      registry.forget(node)
    } else for (const storage of gone.values()) registry.forgetStorage(storage)
    await this.#options.knownNodes.write(registry.nodes().map(knownNodeOf))
    const forgotten = { isWholeNode, volumes: gone.size, replicas, blocksLost }
    log.warn({ user: call.principal.user, datanode: node.uuid, ...forgotten }, 'node forgotten')
    return { node: node.uuid, ...forgotten }
  }

  async #countLost(gone: Gone): Promise<number> {
    const { map } = this.#options
    let lost = 0
    for await (const rows of this.#slices(gone)) {
      for (const { blockId } of rows) {
        const record = map.record(blockId)
        if (record === undefined) continue
        const replicas = map.held(blockId, record)
        const isElsewhere = replicas.some(
          (it) => !gone.has(it.storage.number) && it.judgement === 'good' && it.liveness !== 'dead',
        )
        if (!isElsewhere && replicas.some((it) => it.judgement === 'good')) lost += 1
      }
    }
    return lost
  }

  async #forgetRows(gone: Gone): Promise<number> {
    const { map, examination, deletedBlocks } = this.#options
    let removed = 0
    for await (const rows of this.#slices(gone)) {
      map.store.transaction(() => {
        for (const { blockId, generationStamp, storage: number } of rows) {
          const storage = gone.get(number)
          if (storage === undefined) continue
          map.deleted(storage, blockId, generationStamp, 'an operator had it forgotten')
        }
      })
      const blocks = new Set<BlockId>(rows.map((it) => it.blockId))
      for (const block of blocks) {
        examination.examine(block)
        deletedBlocks.add(block)
      }
      removed += rows.length
    }
    examination.onRemovalWork()
    return removed
  }

  /** The rows of these storages; others get their turn between two slices. @throws DfsError CONFLICT */
  async *#slices(gone: Gone): AsyncGenerator<readonly ReplicaRow[]> {
    const { store } = this.#options.map
    for (const storage of gone.values()) {
      let after = -1
      for (;;) {
        if (!isOutOfReach(storage)) throw cameBack(storage.node)
        const rows = store.ofStorage(storage.number, after, Number.MAX_SAFE_INTEGER, ROWS_AT_ONCE)
        if (rows.length === 0) break
        yield rows
        after = rows.at(-1)?.blockId ?? after
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}

/** Storages that are forgotten, by their number in the replica map. */
type Gone = ReadonlyMap<number, ClusterStorage>

const isOutOfReach = (storage: ClusterStorage): boolean =>
  storage.node.liveness === 'dead' || !isUsable(storage)

const cameBack = ({ uuid }: ClusterNode): DfsError =>
  new DfsError('CONFLICT', `datanode ${uuid} came back: what was forgotten so far it reports again`)
