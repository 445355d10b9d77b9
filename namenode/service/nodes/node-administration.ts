/**
 * Orders of operators for datanodes, and how far they have come. An order is the word of `dfs node` (kept with the
 * namespace) or of the lists of hosts (read again on request); from orders, time and what still depends on each node
 * comes its state. What follows from a state is not decided here: examination and placement see it on the node.
 */
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import type { BlockId, DatanodeUuid } from '../../../shared/ids.js'
import type { Log } from '../../../shared/log.js'
import {
  type AdminState,
  adminStateOf,
  type NodeOrder,
  orderInForce,
} from '../../policy/admin-state.js'
import {
  type HostsLists,
  isIncluded,
  NO_HOSTS_LISTS,
  orderFromHosts,
} from '../../policy/hosts-lists.js'
import { checkSuperuser } from '../../policy/permissions.js'
import type { Call } from '../access/call.js'
import type { BlockSweeps } from '../blocks/block-sweeps.js'
import type { Examination } from '../blocks/examination.js'
import type { ReplicaMap } from '../blocks/replica-map.js'
import type { Namespace } from '../namespace/namespace.js'
import type { ClusterNode } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'
import { type DrainProgress, NodeDrain } from './node-drain.js'

/** `origin`: where the order comes from; the lists of hosts are the word of whoever writes them. */
export interface OrderView {
  readonly order: NodeOrder
  readonly origin: 'operator' | 'hosts-files'
}

export interface NodeAdministrationView {
  readonly node: DatanodeUuid
  readonly state: AdminState
  readonly order: OrderView | undefined
  /** Present while it leaves or enters maintenance. */
  readonly progress: DrainProgress | undefined
}

export interface NodeAdministrationOptions {
  readonly clock: Clock
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly map: ReplicaMap
  readonly examination: Examination
  readonly sweeps: BlockSweeps
  readonly namespace: Pick<Namespace, 'nodeOrders' | 'orderNode'>
  /** Reads the lists that the settings name. Throws DfsError CONFIGURATION. */
  readonly readHostsLists: () => Promise<HostsLists>
}

/** Calls of the namenode to itself. */
const OWN_CALL: Call = {
  principal: { user: 'namenode', groups: [], isSuperuser: true },
  requestId: undefined,
  clientAddress: 'namenode',
  localAddress: 'namenode',
}

export class NodeAdministration {
  readonly #options: NodeAdministrationOptions
  readonly #drains = new Map<DatanodeUuid, NodeDrain>()
  #orders: ReadonlyMap<DatanodeUuid, NodeOrder>
  #lists = NO_HOSTS_LISTS

  constructor(options: NodeAdministrationOptions) {
    this.#options = options
    this.#orders = options.namespace.nodeOrders()
  }

  /**
   * Reads the lists of hosts again and follows them.
   * @throws DfsError PERMISSION_DENIED; CONFIGURATION, and what was in force stays so
   */
  async refresh(call: Call = OWN_CALL): Promise<void> {
    checkSuperuser(call.principal, 'refreshNodes')
    this.#lists = await this.#options.readHostsLists()
    this.review()
  }

  /** @throws DfsError PERMISSION_DENIED a new node that the list of those who may join does not name */
  checkMayJoin(node: Parameters<typeof isIncluded>[1]): void {
    if (isIncluded(this.#lists, node)) return
    throw new DfsError(
      'PERMISSION_DENIED',
      `Datanode denied communication with namenode because the host is not in the include-list: ${node.hostname} (${node.addresses.join(', ')})`,
    )
  }

  /**
   * Orders something for a node; undefined takes the last order back.
   * @param name UUID, host name, address, or either with the transfer port
   * @throws DfsError PERMISSION_DENIED, NOT_FOUND, ILLEGAL_ARGUMENT
   */
  async order(call: Call, name: string, order: NodeOrder | undefined): Promise<DatanodeUuid> {
    checkSuperuser(call.principal, 'refreshNodes')
    const node = this.find(name)
    if (order === undefined && orderFromHosts(this.#lists, node) !== undefined) {
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `${name} is ordered away by the lists of hosts: change them and run dfs node refresh`,
      )
    }
    await this.#options.namespace.orderNode(call, { node: node.uuid, order })
    this.#options.log.warn(
      { user: call.principal.user, datanode: node.uuid, order },
      'node ordered',
    )
    this.#orders = this.#options.namespace.nodeOrders()
    this.review([node])
    return node.uuid
  }

  /** A node is forgotten, and what was ordered for it. */
  async withdraw(call: Call, { uuid }: ClusterNode): Promise<void> {
    this.#drains.delete(uuid)
    if (!this.#orders.has(uuid)) return
    await this.#options.namespace.orderNode(call, { node: uuid, order: undefined })
    this.#orders = this.#options.namespace.nodeOrders()
  }

  views(): readonly NodeAdministrationView[] {
    const nowMs = this.#options.clock.wallMs()
    return this.#options.registry.nodes().map((node) => {
      const drain = this.#drains.get(node.uuid)
      return {
        node: node.uuid,
        state: node.adminState,
        order: this.#orderOf(node, nowMs),
        progress: drain === undefined || drain.isDone ? undefined : drain.progress(nowMs),
      }
    })
  }

  /** Brings the states of these nodes in line with orders, time and progress. */
  review(nodes: readonly ClusterNode[] = this.#options.registry.nodes()): void {
    const nowMs = this.#options.clock.wallMs()
    for (const node of nodes) this.#review(node, nowMs)
  }

  /** Takes back maintenance that is over, on the record too. */
  async expire(): Promise<void> {
    const nowMs = this.#options.clock.wallMs()
    const over = [...this.#orders].filter(([, it]) => orderInForce(it, nowMs) === undefined)
    if (over.length === 0) return
    for (const [node] of over) {
      this.#options.log.warn({ datanode: node }, 'maintenance is over')
      await this.#options.namespace.orderNode(OWN_CALL, { node, order: undefined })
    }
    this.#orders = this.#options.namespace.nodeOrders()
    this.review()
  }

  /** Begins a round of looking at what still depends on the nodes that are going. */
  beginRound(): void {
    for (const drain of this.#drains.values()) drain.beginRound()
  }

  /** A block has all its replicas: nodes that are going may have waited for it. */
  wellNow(block: BlockId): void {
    for (const drain of this.#drains.values()) drain.wellNow(block)
  }

  /** Looks at up to `limit` blocks of each such node; false when the round is over. */
  step(limit: number): boolean {
    let hasMore = false
    for (const [uuid, drain] of this.#drains) {
      if (drain.isDone) continue
      hasMore = drain.step(limit) || hasMore
      const node = this.#options.registry.node(uuid)
      if (drain.isDone && node !== undefined) this.review([node])
    }
    return hasMore
  }

  #review(node: ClusterNode, nowMs: number): void {
    const order = this.#orderOf(node, nowMs)?.order
    const before = node.adminState
    const isOtherKind = adminStateOf(order, false) !== adminStateOf(toOrder(before), false)
    if (isOtherKind) this.#drains.delete(node.uuid)
    const drain = this.#drains.get(node.uuid)
    node.adminState = adminStateOf(order, drain?.isDone ?? false)
    if (order !== undefined && drain === undefined) {
      this.#drains.set(node.uuid, new NodeDrain(node, this.#options, nowMs))
    }
    if (node.adminState === before) return
    const { log, sweeps, examination } = this.#options
    log.warn({ datanode: node.uuid, from: before, to: node.adminState }, 'node changed its state')
    // What its replicas count for has changed: copies are made, or taken back.
    for (const storage of node.storages.values()) sweeps.start(storage)
    examination.onCopyWork()
  }

  #orderOf(node: ClusterNode, nowMs: number): OrderView | undefined {
    const own = orderInForce(this.#orders.get(node.uuid), nowMs)
    if (own !== undefined) return { order: own, origin: 'operator' }
    const listed = orderInForce(orderFromHosts(this.#lists, node), nowMs)
    return listed === undefined ? undefined : { order: listed, origin: 'hosts-files' }
  }

  /**
   * @param name UUID, host name, address, or either with the transfer port
   * @throws DfsError NOT_FOUND, ILLEGAL_ARGUMENT when it may be several
   */
  find(name: string): ClusterNode {
    const matches = this.#options.registry.nodes().filter((it) => isNamed(it, name))
    const [node, other] = matches
    if (node === undefined) throw new DfsError('NOT_FOUND', `no datanode is called ${name}`)
    if (other === undefined) return node
    const places = matches.map((it) => `${it.addresses[0]}:${it.transferPort}`).join(', ')
    throw new DfsError(
      'ILLEGAL_ARGUMENT',
      `${name} may be any of ${places}: name one with its port`,
    )
  }
}

/** The order that a state comes from, as far as `adminStateOf` tells them apart. */
function toOrder(state: AdminState): NodeOrder | undefined {
  if (state === 'normal') return undefined
  const isLeaving = state === 'decommissioning' || state === 'decommissioned'
  return isLeaving ? { kind: 'decommission' } : { kind: 'maintenance', untilMs: 0 }
}

function isNamed(node: ClusterNode, name: string): boolean {
  if (node.uuid === name) return true
  const hosts = [node.hostname, ...node.addresses]
  return hosts.some((it) => name === it || name === `${it}:${node.transferPort}`)
}
