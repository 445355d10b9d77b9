/**
 * Which of a datanode's addresses a client is told. A datanode registers every address it has; only the one on the
 * network through which the client reached the namenode is likely to work from there, so containers, VPNs and localhost
 * need no hosts file. Between datanodes the simpler `reachable-address.ts` decides. Clients concatenate `ip:port`, hence IPv4 wins over IPv6 wherever there is one (protocol 3.9).
 */
import { isLoopback } from './reachable-address.js'

export interface ClientPosition {
  /** Where the call came from. */
  readonly clientAddress: string
  /** The address of ours that the client dialled: it names the network that both of us are on. */
  readonly localAddress: string
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
  const candidates = registered.some(isIpv4) ? registered.filter(isIpv4) : registered
  const loopback = candidates.filter(isLoopback)
  const routed = candidates.filter((it) => !isLoopback(it))
  if (isLoopback(position.clientAddress) && loopback.length > 0) {
    // 127.0.0.1 of a datanode on another machine would be the client's own machine.
    const isBesideUs = routed.some((it) => position.namenodeAddresses.has(it))
    if (isBesideUs || routed.length === 0) return loopback[0]
  }
  return closest(routed, position) ?? loopback[0]
}

function closest(addresses: readonly string[], position: ClientPosition): string | undefined {
  let best: { readonly address: string; readonly score: number } | undefined
  for (const address of addresses) {
    // The network we were reached through decides; nearness to the client itself breaks ties (it may be behind NAT).
    const score =
      significantBits(address, position.localAddress) * 64 +
      significantBits(address, position.clientAddress)
    if (best === undefined || score > best.score) best = { address, score }
  }
  return best?.address
}

function significantBits(one: string, other: string): number {
  const bits = commonPrefixBits(one, other)
  return bits < MEANINGFUL_PREFIX_BITS ? 0 : bits
}

/** Equal leading bits of two IPv4 addresses, 0 to 32; 0 when either is none. */
function commonPrefixBits(one: string, other: string): number {
  const left = ipv4Bits(one)
  const right = ipv4Bits(other)
  return left === undefined || right === undefined ? 0 : Math.clz32(left ^ right)
}

function ipv4Bits(address: string): number | undefined {
  const parts = withoutMapping(address).split('.')
  if (parts.length !== 4) return undefined
  let bits = 0
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined
    bits = (bits << 8) | Number(part)
  }
  return bits
}

function isIpv4(address: string): boolean {
  return ipv4Bits(address) !== undefined
}

/** A dual-stack socket shows IPv4 peers as `::ffff:10.0.0.1`. */
function withoutMapping(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
