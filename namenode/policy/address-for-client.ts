/**
 * Which of a datanode's addresses a client is told. A datanode registers every address it has; only the one on the
 * network through which the client reached the namenode is likely to work from there, so containers, VPNs and localhost
 * need no hosts file. Between datanodes the simpler `reachable-address.ts` decides. Clients concatenate `ip:port`, hence
 * IPv4 wins over IPv6 wherever there is one (protocol 3.9).
 */
import { commonPrefixBits, isIpv4, isLoopback } from '../../shared/ip-address.js'
import { isSameMachine, leadingToAnother } from './reachable-address.js'

export interface ClientPosition {
  /** Where the call came from. */
  readonly clientAddress: string
  /** The address of ours that the client dialled: it names the network that both of us are on. */
  readonly localAddress: string
  /** The port of ours that the client dialled; undefined for a call that came through no socket. */
  readonly localPort: number | undefined
  /** Every address of the namenode's machine: tells a datanode beside us from one elsewhere. */
  readonly namenodeAddresses: ReadonlySet<string>
}

/** Fewer equal leading bits than the smallest private network (10.0.0.0/8) has are a coincidence. */
const MEANINGFUL_PREFIX_BITS = 8

/**
 * @param registered the datanode's addresses, its own first choice first; at least one
 * @returns one of `registered`
 */
export function addressForClient(
  registered: readonly string[],
  position: ClientPosition,
): string | undefined {
  const { clientAddress, namenodeAddresses } = position
  const candidates = registered.some(isIpv4) ? registered.filter(isIpv4) : registered
  const routed = candidates.filter((it) => !isLoopback(it))
  // 127.0.0.1 of a datanode on another machine would be the client's own machine, and so would a bridge's address.
  const isBesideUs = isSameMachine(candidates, namenodeAddresses)
  const loopback = candidates.find(isLoopback)
  if (isBesideUs && loopback !== undefined && isLoopback(clientAddress)) return loopback
  const usable = isBesideUs ? routed : leadingToAnother(routed, namenodeAddresses)
  return closest(usable, position) ?? candidates[0]
}

function closest(addresses: readonly string[], position: ClientPosition): string | undefined {
  let best: { readonly address: string; readonly score: number } | undefined
  for (const address of addresses) {
    // The network we were reached through decides; nearness to the client itself breaks ties (it may be behind NAT).
    const score =
      significantBits(address, position.localAddress) * 256 +
      significantBits(address, position.clientAddress)
    if (best === undefined || score > best.score) best = { address, score }
  }
  return best?.address
}

function significantBits(one: string, other: string): number {
  const bits = commonPrefixBits(one, other)
  return bits < MEANINGFUL_PREFIX_BITS ? 0 : bits
}
