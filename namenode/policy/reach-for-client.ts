/**
 * Where a client finds a datanode: an advertised mapping of ports that is meant for it, else the address on the network
 * through which it came, with the ports that the datanode listens on.
 */
import type { AdvertisedAddress } from '../../shared/control/messages.js'
import { isInNetwork, isIpAddress, isLoopback, withoutMapping } from '../../shared/ip-address.js'
import { addressForClient, type ClientPosition } from './address-for-client.js'

/** What a client is told about one datanode. */
export interface Reach {
  /** Goes where clients expect an IP address; a name only when the operator advertised one. */
  readonly address: string
  /** For clients that connect by name (`dfs.client.use.datanode.hostname`). */
  readonly hostname: string
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
}

export interface ReachableNode {
  readonly hostname: string
  /** The host name leads to the datanode where the datanode itself looks it up. */
  readonly answersToHostname: boolean
  readonly addresses: readonly string[]
  readonly advertised: readonly AdvertisedAddress[]
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
}

/**
 * @param isClusterMachine the call came from a machine of the cluster: it needs no mapping, unless it dialled the way
 * that a mapping is `via` (the near end of a tunnel is such a machine)
 */
export function reachForClient(
  node: ReachableNode,
  position: ClientPosition,
  isClusterMachine: boolean,
): Reach {
  const isInside = isClusterMachine || isLoopback(position.clientAddress)
  const mapping = node.advertised.find((it) => isMeantFor(it, position, isInside))
  if (mapping !== undefined) {
    const { host, transferPort, httpPort, ipcPort } = mapping
    return { address: host, hostname: host, transferPort, httpPort, ipcPort }
  }
  const { transferPort, httpPort, ipcPort } = node
  const address = addressForClient(node.addresses, position) ?? node.hostname
  const hostname = node.answersToHostname ? node.hostname : address
  return { address, hostname, transferPort, httpPort, ipcPort }
}

/** `host:port` of everything where some client may have been told to find a node, but its RPC. */
export function placesOf(node: ReachableNode): readonly string[] {
  const { addresses, hostname, transferPort, httpPort, advertised } = node
  const own = [...addresses, hostname].map((host) => ({ host, transferPort, httpPort }))
  return [...own, ...advertised].flatMap((it) => [
    `${it.host}:${it.transferPort}`,
    `${it.host}:${it.httpPort}`,
  ])
}

function isMeantFor(
  { from, via }: AdvertisedAddress,
  position: ClientPosition,
  isInside: boolean,
): boolean {
  if (via.length === 0 && isInside) return false
  const isFrom = from.length === 0 || from.some((it) => isInNetwork(position.clientAddress, it))
  return isFrom && (via.length === 0 || via.some((it) => isDialled(it, position)))
}

/** @param way a port of the namenode, or one of its addresses */
function isDialled(way: string, { localAddress, localPort }: ClientPosition): boolean {
  return isIpAddress(way) ? withoutMapping(localAddress) === way : Number(way) === localPort
}
