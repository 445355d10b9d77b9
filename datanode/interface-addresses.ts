/** Under which addresses others reach what is bound to a host name or address. */
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

const MAX_ADDRESSES = 32
const ANY_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/**
 * The addresses to register, first choice first. Bound to everything: all interfaces, IPv4 before IPv6 (clients put
 * address and port together without brackets: protocol reference 3.9), loopback last.
 */
export function reachableAddresses(bindHost: string): string[] {
  if (!ANY_ADDRESSES.has(bindHost)) return [isIP(bindHost) === 0 ? '127.0.0.1' : bindHost]
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const usable = interfaces.filter(
    ({ address, family }) =>
      (bindHost !== '0.0.0.0' || family === 'IPv4') && !address.startsWith('fe80:'),
  )
  const rank = (it: (typeof usable)[number]) =>
    (it.internal ? 2 : 0) + (it.family === 'IPv4' ? 0 : 1)
  const sorted = usable.toSorted((a, b) => rank(a) - rank(b)).map(({ address }) => address)
  return [...new Set(sorted)].slice(0, MAX_ADDRESSES)
}
