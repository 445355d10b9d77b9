/**
 * Which of a datanode's addresses another datanode should use: the one on a network that both are on, told by the
 * longest common beginning. An address that both have leads each of them to itself: 127.0.0.1, and the bridge of Docker
 * or libvirt, which has the same address on every machine. Such ones serve only two nodes of one machine.
 */
import { commonPrefixBits, isLoopback } from '../../shared/ip-address.js'

/** @returns the best of `addresses` for somebody who has `fromAddresses`; the first on a tie */
export function reachableAddress(
  addresses: readonly string[],
  fromAddresses: readonly string[],
): string | undefined {
  const candidates = leadingToAnother(addresses, new Set(fromAddresses))
  const scored = candidates.map((address) => ({
    address,
    score: Math.max(0, ...fromAddresses.map((from) => commonPrefixBits(address, from))),
  }))
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (found, it) => (found === undefined || it.score > found.score ? it : found),
    undefined,
  )
  return best?.address
}

/** Whether who has `addresses` is on the machine that has `own`: everything but loopback is the same. */
export function isSameMachine(addresses: readonly string[], own: ReadonlySet<string>): boolean {
  return addresses.every((it) => isLoopback(it) || own.has(it))
}

/** The addresses that can lead from the machine with `own` addresses to the one that has `addresses`. */
export function leadingToAnother(
  addresses: readonly string[],
  own: ReadonlySet<string>,
): readonly string[] {
  if (isSameMachine(addresses, own)) return addresses
  return addresses.filter((it) => !isLoopback(it) && !own.has(it))
}
