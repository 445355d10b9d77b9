/** What the second step of every WebHDFS operation starts with: the namenode's ticket in the URL of its redirect. */
import type { FastifyRequest } from 'fastify'
import type { DfsClient } from '../../../shared/client/dfs-client.js'
import { verifyTicket } from '../../../shared/http/ticket.js'
import { TICKET_PARAMETER } from '../../../shared/webhdfs/data-step.js'
import { WebhdfsParameters } from '../../../shared/webhdfs/parameters.js'
import { pathOfWebhdfsUrl } from '../../../shared/webhdfs/url.js'
import type { FileServing } from '../file-request.js'

export interface DataRequest {
  /** Acts for the user whom the namenode named in the ticket. */
  readonly client: DfsClient
  readonly path: string
  readonly parameters: WebhdfsParameters
}

/**
 * `namenoderpcaddress` and `user.name` are not looked at: a datanode serves its own namenode only, and the ticket says who.
 * @throws DfsError UNAUTHENTICATED, JAVA_ILLEGAL_ARGUMENT
 */
export function parseDataRequest(request: FastifyRequest, serving: FileServing): DataRequest {
  const parameters = WebhdfsParameters.ofUrl(request.url)
  const path = pathOfWebhdfsUrl(request.url)
  const nowMs = serving.ticketTimeMs()
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const expected = { method, path, nowMs }
  const claims = verifyTicket(parameters.text(TICKET_PARAMETER), expected, serving.clusterToken)
  return { client: serving.clientFor(claims.user), path, parameters }
}
