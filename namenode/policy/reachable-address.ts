/**
 * Which of a machine's addresses another machine should use: the one on a network that both are on, told by the longest
 * common beginning. Loopback serves only those who are on the same machine.
 */

/** @returns the best of `addresses` for somebody at one of `fromAddresses`; the first on a tie */
export function reachableAddress(
  addresses: readonly string[],
  fromAddresses: readonly string[],
): string | undefined {
  let best = addresses[0]
  let bestScore = Number.NEGATIVE_INFINITY
  for (const address of addresses) {
    const score = Math.max(...fromAddresses.map((from) => affinity(address, from)), -1)
    if (score > bestScore) {
      best = address
      bestScore = score
    }
  }
  return best
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}

/** IPv4 in dotted form, or something with the shape of IPv6. Never a name: the namenode resolves nothing. */
export function isIpAddress(text: string): boolean {
  const parts = text.split('.')
  if (parts.length === 4 && !text.includes(':')) {
    return parts.every((it) => /^\d{1,3}$/.test(it) && Number(it) <= 255)
  }
  return /^[0-9a-f:.]+(%\w+)?$/i.test(text) && text.split(':').length > 2
}

/** Equal leading bits; both loopback is the best, one loopback alone the worst. */
function affinity(a: string, b: string): number {
  if (isLoopback(a) !== isLoopback(b)) return -1
  if (a === b) return 1000
  const bitsA = bitsOf(a)
  const bitsB = bitsOf(b)
  if (bitsA.length !== bitsB.length) return 0
  let equal = 0
  while (equal < bitsA.length && bitsA[equal] === bitsB[equal]) equal += 1
  return equal
}

function bitsOf(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  if (plain.includes(':')) {
    return expandIpv6(plain)
      .map((it) => it.toString(2).padStart(16, '0'))
      .join('')
  }
  return plain
    .split('.')
    .map((it) => Number(it).toString(2).padStart(8, '0'))
    .join('')
}

function expandIpv6(address: string): number[] {
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((it) => Number.parseInt(it, 16))
  const left = words(head)
  const right = words(tail)
  const gap = Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: gap }, () => 0), ...right]
}
