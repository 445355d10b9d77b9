/** Whether a server may listen on an address. Without authentication whoever connects may claim to be any user. */
import { isLoopback } from '../../shared/ip-address.js'

/**
 * @returns why not, for people; undefined when it may
 */
export function refusalToBind(host: string, isUnauthenticatedAllowed: boolean): string | undefined {
  if (host === 'localhost' || isLoopback(host) || isUnauthenticatedAllowed) return undefined
  return (
    `refusing to listen on ${host}: there is no authentication, so anyone who can connect can read, change and ` +
    'delete every file.\nListen on 127.0.0.1, or set network.allow-unauthenticated to true if the network is trusted.'
  )
}
