/** What every file request to a datanode starts with: the namenode's ticket, which says who may do what with which path. */
import type { FastifyRequest } from 'fastify'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { pathOfFileUrl } from '../../shared/http/file-url.js'
import { singleParameters } from '../../shared/http/query.js'
import { verifyTicket } from '../../shared/http/ticket.js'
import type { Seams } from '../../shared/seams.js'

export interface FileServing {
  readonly seams: Seams
  readonly clusterToken: string
  /** The wall clock by which tickets expire. */
  readonly ticketTimeMs: () => number
  /** A client of this cluster that acts for `user`. Owned by the caller of the routes, not by them. */
  readonly clientFor: (user: string) => DfsClient
}

interface FilesQuery {
  readonly ticket?: string
  readonly overwrite?: string
  readonly download?: string
}

export interface FileRequest {
  readonly client: DfsClient
  readonly path: string
  readonly query: FilesQuery
}

/** @throws DfsError UNAUTHENTICATED, INVALID_PATH */
export function parseFileRequest(request: FastifyRequest, serving: FileServing): FileRequest {
  const query: FilesQuery = singleParameters(request.query)
  const path = pathOfFileUrl(request.url)
  const nowMs = serving.ticketTimeMs()
  // A reader may ask with HEAD what it was sent to GET.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const claims = verifyTicket(query.ticket, { method, path, nowMs }, serving.clusterToken)
  return { client: serving.clientFor(claims.user), path, query }
}
