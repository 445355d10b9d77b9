/**
 * How some clients reach a datanode through a mapping of ports (containers, NAT, tunnels), as an operator writes it:
 * `host[:port] [http:port] [ipc:port] [from:network]… [via:port|address]…`. The datanode reads it, the namenode chooses
 * by it. Words with a name, since ports without one would be mixed up, and no commas, which part the items of a setting.
 */
import { isIP } from 'node:net'
import { parseNetwork } from '../ip-address.js'
import type { AdvertisedAddress } from './messages.js'

/** What a mapping leaves out: the ports that the datanode really listens on. */
export interface OwnPorts {
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
}

type Written = Partial<OwnPorts> & Pick<AdvertisedAddress, 'host' | 'from' | 'via'>

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?))(?::(\d{1,5}))?$/i

/** Whether `text` can be read; tells people what is wrong with a setting before anything starts. */
export function isAdvertisedAddress(text: string): boolean {
  return parse(text) !== undefined
}

/** @throws Error when the text cannot be read: settings are checked long before */
export function advertisedAddress(text: string, own: OwnPorts): AdvertisedAddress {
  const written = parse(text)
  if (written === undefined) throw new Error(`${text} is no advertised address`)
  return { ...own, ...written }
}

function parse(text: string): Written | undefined {
  const [first = '', ...words] = text.trim().split(/\s+/)
  const [, ipv6, name = ipv6, port] = HOST.exec(first) ?? []
  if (name === undefined || (ipv6 !== undefined && isIP(ipv6) !== 6)) return undefined
  let written: Written | undefined = { host: name, from: [], via: [] }
  if (port !== undefined) written = withPort(written, 'transferPort', port)
  for (const word of words) {
    if (written === undefined) return undefined
    written = withWord(written, word)
  }
  return written
}

function withWord(written: Written, word: string): Written | undefined {
  const colon = word.indexOf(':')
  const value = word.slice(colon + 1)
  switch (word.slice(0, Math.max(0, colon))) {
    case 'http':
      return withPort(written, 'httpPort', value)
    case 'ipc':
      return withPort(written, 'ipcPort', value)
    case 'from':
      return parseNetwork(value) && { ...written, from: [...written.from, value] }
    case 'via':
      return isPort(value) || isIP(value) !== 0
        ? { ...written, via: [...written.via, value] }
        : undefined
    default:
      return undefined
  }
}

function withPort(written: Written, name: keyof OwnPorts, text: string): Written | undefined {
  return isPort(text) ? { ...written, [name]: Number(text) } : undefined
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_535
}
