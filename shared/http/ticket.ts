/**
 * Tickets that a namenode puts into its redirects: they tell a datanode which user may do what with which path, until
 * when, under the cluster's secret. A datanode serves no file request without one, so who may do what is decided in one
 * place, and a page of another site cannot send a browser to a datanode directly.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { DfsError } from '../errors.js'

export interface TicketClaims {
  readonly user: string
  readonly method: string
  readonly path: string
  /** The namenode's wall clock, milliseconds. */
  readonly expiresMs: number
}

/** Redirects are followed at once; this only bounds how long a leaked URL is worth anything. */
export const TICKET_LIFETIME_MS = 10 * 60_000

export function issueTicket(claims: TicketClaims, clusterToken: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${body}.${signature(body, clusterToken).toString('base64url')}`
}

/**
 * The claims of a ticket for exactly this method and path.
 * @throws DfsError UNAUTHENTICATED when it is missing, forged, expired or for something else
 */
export function verifyTicket(
  ticket: string | undefined,
  expected: { readonly method: string; readonly path: string; readonly nowMs: number },
  clusterToken: string,
): TicketClaims {
  const refuse = (why: string) => new DfsError('UNAUTHENTICATED', `${why}; ask the namenode first`)
  const [body, mac] = (ticket ?? '').split('.')
  if (body === undefined || mac === undefined) throw refuse('this datanode needs a ticket')
  const given = Buffer.from(mac, 'base64url')
  const right = signature(body, clusterToken)
  if (given.length !== right.length || !timingSafeEqual(given, right))
    throw refuse('the ticket is not valid')
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as TicketClaims
  if (claims.expiresMs < expected.nowMs) throw refuse('the ticket has expired')
  if (claims.method !== expected.method || claims.path !== expected.path) {
    throw refuse('the ticket is for another request')
  }
  return claims
}

function signature(body: string, clusterToken: string): Buffer {
  return createHmac('sha256', `ticket:${clusterToken}`).update(body).digest()
}
