/** Under which addresses and which name others reach this node. Names are looked up here, once, never for a request. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../shared/clock.js'
import { isLoopback } from '../shared/ip-address.js'
import type { DatanodeConfig } from './config.js'

const MAX_ADDRESSES = 32
const ANY_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])
/** A name server that does not answer must not hold up a start. */
const LOOKUP_TIMEOUT_MS = 1_000

/** @returns no address for a name that nobody knows, or not in time */
export type LookUp = (name: string) => Promise<readonly string[]>

export function systemLookUp(clock: Clock): LookUp {
  return async (name) => {
    const answered = new AbortController()
    const silence = clock.sleep(LOOKUP_TIMEOUT_MS, answered.signal).then(
      () => [],
      () => [],
    )
    const found = lookup(name, { all: true }).then(
      (all) => all.map(({ address }) => address),
      () => [],
    )
    const addresses = await Promise.race([found, silence])
    answered.abort()
    return addresses
  }
}

/** What a server listens on: an address, everything, or the addresses of a name. */
export async function listeningAddresses(bindHost: string, lookUp: LookUp): Promise<BoundTo> {
  if (ANY_ADDRESSES.has(bindHost) || isIP(bindHost) !== 0) return { host: bindHost, named: [] }
  return { host: bindHost, named: await lookUp(bindHost) }
}

export interface BoundTo {
  readonly host: string
  /** What the host is when it is a name. */
  readonly named: readonly string[]
}

/**
 * The addresses to register, first choice first. Bound to everything: all interfaces as they are now, IPv4 before IPv6
 * (clients put address and port together without brackets: protocol reference 3.9), loopback last.
 */
export function reachableAddresses({ host, named }: BoundTo): string[] {
  if (!ANY_ADDRESSES.has(host)) {
    if (isIP(host) !== 0) return [host]
    return named.length > 0 ? named.slice(0, MAX_ADDRESSES) : ['127.0.0.1']
  }
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const usable = interfaces.filter(
    ({ address, family }) =>
      (host !== '0.0.0.0' || family === 'IPv4') && !address.startsWith('fe80:'),
  )
  const rank = (it: (typeof usable)[number]) =>
    (it.internal ? 2 : 0) + (it.family === 'IPv4' ? 0 : 1)
  const sorted = usable.toSorted((a, b) => rank(a) - rank(b)).map(({ address }) => address)
  return [...new Set(sorted)].slice(0, MAX_ADDRESSES)
}

/**
 * Whether the machine's name leads to what is listened on. On many it is unknown, or means 127.0.1.1: clients that
 * connect by name are then told an address instead.
 */
export async function answersToName(
  name: string,
  bound: BoundTo,
  lookUp: LookUp,
): Promise<boolean> {
  const own = reachableAddresses(bound)
  const isEverything = ANY_ADDRESSES.has(bound.host)
  const found = await lookUp(name)
  return found.some((it) => own.includes(it) || (isEverything && isLoopback(it)))
}

/** What was found out at the start about where this node is. */
export interface Whereabouts {
  readonly bound: BoundTo
  readonly answersToHostname: boolean
}

/** Asks the name server: of a configured name nothing but what it is listening on. */
export async function findWhereabouts(
  config: Pick<DatanodeConfig, 'bindHost' | 'hostname' | 'isHostnameChosen'>,
  clock: Clock,
): Promise<Whereabouts> {
  const lookUp = systemLookUp(clock)
  const bound = await listeningAddresses(config.bindHost, lookUp)
  const answersToHostname =
    config.isHostnameChosen || (await answersToName(config.hostname, bound, lookUp))
  return { bound, answersToHostname }
}
