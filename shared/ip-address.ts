/** IP addresses as texts and as bits. Pure, and without a name ever being looked up. */

/** `::ffff:10.0.0.1` is how a dual-stack socket shows 10.0.0.1. */
const MAPPED_PREFIX = '::ffff:'

/** IPv4 in dotted form, or something with the shape of IPv6. */
export function isIpAddress(text: string): boolean {
  return ipBytes(text) !== undefined
}

export function isIpv4(text: string): boolean {
  return ipBytes(text)?.length === 4
}

export function isLoopback(address: string): boolean {
  const plain = withoutMapping(address)
  return plain.startsWith('127.') || plain === '::1'
}

/** The address without the form that a dual-stack socket gives it. */
export function withoutMapping(address: string): string {
  const isMapped = address.toLowerCase().startsWith(MAPPED_PREFIX) && address.includes('.')
  return isMapped ? address.slice(MAPPED_PREFIX.length) : address
}

/** A host as it stands before `:port`: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Where processes of this machine reach a server that listens there: at every address means at this one too. */
export function localHostOf(bindHost: string): string {
  return bindHost === '0.0.0.0' || bindHost === '::' ? '127.0.0.1' : bindHost
}

/** Equal leading bits of two addresses of one family: 0 to 32, or 0 to 128; 0 when they cannot be compared. */
export function commonPrefixBits(one: string, other: string): number {
  const left = ipBytes(one)
  const right = ipBytes(other)
  if (left === undefined || right === undefined || left.length !== right.length) return 0
  const differing = left.findIndex((byte, index) => byte !== right[index])
  if (differing < 0) return left.length * 8
  return differing * 8 + Math.clz32((left[differing] ?? 0) ^ (right[differing] ?? 0)) - 24
}

/** @param network `10.8.0.0/16`, or one address. False when either cannot be read. */
export function isInNetwork(address: string, network: string): boolean {
  const parsed = parseNetwork(network)
  const bytes = ipBytes(address)
  if (parsed === undefined || bytes === undefined) return false
  const isSameFamily = ipBytes(parsed.address)?.length === bytes.length
  return isSameFamily && commonPrefixBits(address, parsed.address) >= parsed.prefixBits
}

/** `10.8.0.0/16`, or an address alone: a network of one. undefined when it is neither. */
export function parseNetwork(
  text: string,
): { readonly address: string; readonly prefixBits: number } | undefined {
  const [, address = text, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const bytes = ipBytes(address)
  if (bytes === undefined) return undefined
  const prefixBits = length === undefined ? bytes.length * 8 : Number(length)
  return prefixBits <= bytes.length * 8 ? { address, prefixBits } : undefined
}

/** 4 or 16 bytes; undefined when the text is no address. */
function ipBytes(address: string): readonly number[] | undefined {
  const plain = withoutMapping(address)
  return plain.includes(':') ? ipv6Bytes(plain) : ipv4Bytes(plain)
}

function ipv4Bytes(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  const isWellFormed = parts.every((it) => /^\d{1,3}$/.test(it) && Number(it) <= 255)
  return parts.length === 4 && isWellFormed ? parts.map(Number) : undefined
}

function ipv6Bytes(text: string): readonly number[] | undefined {
  const halves = text.replace(/%\w+$/, '').split('::')
  const [head = '', tail] = halves
  const left = wordsOf(head)
  const right = wordsOf(tail ?? '')
  if (halves.length > 2 || left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const words = [...left, ...Array.from({ length: missing }, () => 0), ...right]
  return words.flatMap((word) => [word >> 8, word & 0xff])
}

function wordsOf(text: string): readonly number[] | undefined {
  if (text === '') return []
  const words = text.split(':')
  if (!words.every((it) => /^[0-9a-f]{1,4}$/i.test(it))) return undefined
  return words.map((it) => Number.parseInt(it, 16))
}
