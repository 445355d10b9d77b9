/**
 * What an operator has ordered for a node, and what its replicas are therefore worth. An order is kept; the state is
 * judged anew from the order, the time and what still depends on the node, so that it is right after a restart too.
 *
 * Leaving (decommission): the replicas stay readable and may be sources, but count for nothing that is to last.
 * Maintenance: the node comes back, so its replicas are lent for while: they count, as long as enough are elsewhere.
 */
export const ADMIN_STATES = [
  'normal',
  'decommissioning',
  'decommissioned',
  'entering-maintenance',
  'in-maintenance',
] as const
export type AdminState = (typeof ADMIN_STATES)[number]

/** `untilMs`: wall time at which maintenance ends by itself. */
export type NodeOrder =
  | { readonly kind: 'decommission' }
  | { readonly kind: 'maintenance'; readonly untilMs: number }

/** The order that is in force: an expired maintenance is none. */
export function orderInForce(order: NodeOrder | undefined, nowMs: number): NodeOrder | undefined {
  return order?.kind === 'maintenance' && order.untilMs <= nowMs ? undefined : order
}

/**
 * The state of a node with this order.
 * @param isDone nothing depends on the node any more
 */
export function adminStateOf(order: NodeOrder | undefined, isDone: boolean): AdminState {
  if (order === undefined) return 'normal'
  if (order.kind === 'decommission') return isDone ? 'decommissioned' : 'decommissioning'
  return isDone ? 'in-maintenance' : 'entering-maintenance'
}

export function isLeavingService(state: AdminState): boolean {
  return state === 'decommissioning' || state === 'decommissioned'
}

export function isMaintenance(state: AdminState): boolean {
  return state === 'entering-maintenance' || state === 'in-maintenance'
}

/**
 * How many replicas must be on nodes that stay while `inMaintenance` others are lent: what is lent counts, but `minimum`
 * stay. Never more than one less than the target, else one node's maintenance would copy all it has.
 */
export function targetInService(target: number, inMaintenance: number, minimum: number): number {
  if (inMaintenance === 0) return target
  return Math.max(1, Math.min(minimum, target - 1), target - inMaintenance)
}

/** The order in which readers try nodes: those that leave after those that stay, those that may stop any moment last. */
export function readingRank(state: AdminState): number {
  if (state === 'normal') return 0
  return isLeavingService(state) ? 1 : 2
}
