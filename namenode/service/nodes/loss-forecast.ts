/**
 * What the loss of a node would mean: whether its blocks have other good replicas, and whether there is a node that could
 * take the copies. For rehearsals, which must not find that out by waiting. In slices, and not beyond a limit.
 */
import { type BlockId, type DatanodeUuid, datanodeUuid } from '../../../shared/ids.js'
import { hostInUrl } from '../../../shared/ip-address.js'
import { checkSuperuser } from '../../policy/permissions.js'
import { type PlacementNode, whyUnfit } from '../../policy/place-replicas.js'
import type { Call } from '../access/call.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import { type ClusterNode, placementOf } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import type { NodeAdministration } from './node-administration.js'

const ROWS_AT_ONCE = 1000
const MAX_BLOCKS = 200_000

export interface LossForecast {
  readonly node: DatanodeUuid
  /** `host:port` of its HTTP face, as in a URL. */
  readonly httpAddress: string
  readonly otherLiveNodes: number
  readonly checkedBlocks: number
  /** false: the node holds more blocks than were looked at. */
  readonly isComplete: boolean
  /** Blocks without another good replica. */
  readonly lostBlocks: number
  /** Blocks that would stay short of replicas: no other node could take a copy. */
  readonly stuckBlocks: number
  readonly stuckExample: BlockId | undefined
}

export class LossForecasts {
  readonly #map: ReplicaMap
  readonly #registry: ClusterRegistry
  readonly #administration: NodeAdministration

  constructor(parts: {
    readonly map: ReplicaMap
    readonly registry: ClusterRegistry
    readonly administration: NodeAdministration
  }) {
    this.#map = parts.map
    this.#registry = parts.registry
    this.#administration = parts.administration
  }

  /**
   * @param name UUID, host name, address, or either with the transfer port
   * @throws DfsError PERMISSION_DENIED, NOT_FOUND, ILLEGAL_ARGUMENT when it may be several
   */
  async of(call: Call, name: string): Promise<LossForecast> {
    checkSuperuser(call.principal, 'drill')
    const node = this.#administration.find(name)
    const others = this.#registry.nodes().filter((it) => it !== node)
    const counts = { checkedBlocks: 0, lostBlocks: 0, stuckBlocks: 0 }
    let stuckExample: BlockId | undefined
    for await (const blocks of this.#slices(node)) {
      const places = others.map((it) => placementOf(it, 0))
      for (const block of blocks) {
        const fate = this.#fateOf(block, node, places)
        counts.checkedBlocks += 1
        if (fate === 'lost') counts.lostBlocks += 1
        if (fate === 'stuck') counts.stuckBlocks += 1
        if (fate === 'stuck') stuckExample ??= block
      }
      if (counts.checkedBlocks >= MAX_BLOCKS) break
    }
    return {
      node: node.uuid,
      httpAddress: `${hostInUrl(node.addresses[0] ?? '')}:${node.httpPort}`,
      otherLiveNodes: others.filter((it) => it.liveness === 'live').length,
      ...counts,
      isComplete: counts.checkedBlocks < MAX_BLOCKS,
      stuckExample,
    }
  }

  #fateOf(
    block: BlockId,
    { uuid }: ClusterNode,
    places: readonly PlacementNode[],
  ): 'lost' | 'stuck' | 'healed' {
    const record = this.#map.record(block)
    if (record?.state !== 'committed') return 'healed'
    const replicas = this.#map.held(block, record).filter((it) => it.liveness !== 'dead')
    const own = replicas.some((it) => it.datanodeUuid === uuid && it.judgement === 'good')
    if (!own) return 'healed'
    const holders = new Set(replicas.map((it) => datanodeUuid(it.datanodeUuid)))
    const good = replicas.filter((it) => it.judgement === 'good' && it.datanodeUuid !== uuid)
    if (good.length === 0) return 'lost'
    if (new Set(good.map((it) => it.datanodeUuid)).size >= record.replication) return 'healed'
    const canTake = places.some(
      (it) => !holders.has(it.uuid) && whyUnfit(it, record.lengthBytes) === undefined,
    )
    return canTake ? 'healed' : 'stuck'
  }

  /** The blocks of the node; others get their turn between two slices. */
  async *#slices(node: ClusterNode): AsyncGenerator<readonly BlockId[]> {
    for (const { number } of node.storages.values()) {
      let after = -1
      for (;;) {
        const rows = this.#map.store.ofStorage(number, after, Number.MAX_SAFE_INTEGER, ROWS_AT_ONCE)
        if (rows.length === 0) break
        yield rows.map((it) => it.blockId)
        after = rows.at(-1)?.blockId ?? after
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}
