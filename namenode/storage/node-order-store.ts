/** Orders of operators for datanodes, by UUID: a few rows. */
import { type DatanodeUuid, datanodeUuid } from '../../shared/ids.js'
import type { NodeOrder } from '../policy/admin-state.js'
import type { Database } from './database.js'

interface Row {
  node: string
  kind: NodeOrder['kind']
  until: number
}

export class NodeOrderStore {
  readonly #all
  readonly #get
  readonly #put
  readonly #remove

  constructor(database: Database) {
    this.#all = database.prepare<[], Row>('SELECT node, kind, until FROM node_order ORDER BY node')
    this.#get = database.prepare<[string], Row>('SELECT * FROM node_order WHERE node = ?')
    this.#put = database.prepare<[string, string, number]>(
      'INSERT OR REPLACE INTO node_order (node, kind, until) VALUES (?, ?, ?)',
    )
    this.#remove = database.prepare<[string]>('DELETE FROM node_order WHERE node = ?')
  }

  all(): ReadonlyMap<DatanodeUuid, NodeOrder> {
    return new Map(this.#all.all().map((row) => [datanodeUuid(row.node), toOrder(row)]))
  }

  get(node: DatanodeUuid): NodeOrder | undefined {
    const row = this.#get.get(node)
    return row === undefined ? undefined : toOrder(row)
  }

  /** undefined takes an order back. */
  set(node: DatanodeUuid, order: NodeOrder | undefined): void {
    if (order === undefined) this.#remove.run(node)
    else this.#put.run(node, order.kind, order.kind === 'maintenance' ? order.untilMs : 0)
  }
}

function toOrder({ kind, until }: Row): NodeOrder {
  return kind === 'maintenance' ? { kind, untilMs: until } : { kind }
}
