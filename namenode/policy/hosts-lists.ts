/**
 * Apache's lists of hosts: which datanodes may join (`dfs.hosts`) and which are to leave (`dfs.hosts.exclude`), one name
 * on a line; or both in one JSON document (CombinedHostFileManager), which also knows maintenance. Names are compared
 * with what a node registered; nothing is looked up, since a slow resolver must not hold up a namenode.
 */
import type { NodeOrder } from './admin-state.js'

/** One entry: a host name or an IP address, with a port when it means one of several nodes of a machine. */
export interface HostEntry {
  readonly host: string
  /** 0: any. */
  readonly port: number
  readonly order: NodeOrder | undefined
}

export interface HostsLists {
  /** Empty: everybody may join. */
  readonly included: readonly HostEntry[]
  readonly excluded: readonly HostEntry[]
}

/** What of a node the lists are compared with. */
export interface ListedNode {
  readonly hostname: string
  readonly addresses: readonly string[]
  readonly transferPort: number
}

export const NO_HOSTS_LISTS: HostsLists = { included: [], excluded: [] }
/** Whether a node may join. */
export function isIncluded(lists: HostsLists, node: ListedNode): boolean {
  return lists.included.length === 0 || lists.included.some((it) => names(it, node))
}

/**
 * What the lists order for a node. One that is no longer on the list of those who may join is to leave, not cut off as
 * in HDFS: what it has is still needed.
 */
export function orderFromHosts(lists: HostsLists, node: ListedNode): NodeOrder | undefined {
  const entry = lists.excluded.find((it) => names(it, node))
  if (entry !== undefined) return entry.order
  return isIncluded(lists, node) ? undefined : { kind: 'decommission' }
}

function names(entry: HostEntry, { hostname, addresses, transferPort }: ListedNode): boolean {
  const isHost = entry.host === hostname.toLowerCase() || addresses.includes(entry.host)
  return isHost && (entry.port === 0 || entry.port === transferPort)
}
