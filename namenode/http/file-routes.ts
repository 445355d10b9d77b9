/**
 * Files over HTTP, the namenode's half: names, lists and deletes here; bytes are redirected to a datanode with a ticket
 * (P7: the namenode never touches file bytes). `GET` of a file, `PUT` and multipart `POST` answer 307.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'
import { entityHeaders } from '../../shared/http/entity-headers.js'
import { FILES_PREFIX, fileUrlOfPath, pathOfFileUrl } from '../../shared/http/file-url.js'
import { singleParameters } from '../../shared/http/query.js'
import { issueTicket, TICKET_LIFETIME_MS } from '../../shared/http/ticket.js'
import { guardWebAccess, type WebAccessRules } from '../../shared/http/web-access.js'
import type { Audit } from '../service/access/audit.js'
import { auditedRefusal } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { Namespace } from '../service/namespace/namespace.js'
import type { FileStatus } from '../service/namespace/namespace-model.js'

export interface FileRoutesOptions {
  readonly namespace: Namespace
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly clusterToken: string
  readonly webAccess: WebAccessRules
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
  /**
   * `host:port` of the HTTP face of a datanode that this client can reach; one that holds the given byte of the file
   * when it can. Throws NO_DATANODES.
   */
  readonly datanodeFor: (
    call: Call,
    read: { readonly path: string; readonly offsetBytes: number } | undefined,
  ) => string
}

interface FilesQuery {
  readonly list?: string
  readonly after?: string
  readonly limit?: string
  readonly recursive?: string
  readonly overwrite?: string
  readonly download?: string
}

const PAGE_ENTRIES = 1000

export function registerFileRoutes(app: FastifyInstance, options: FileRoutesOptions): void {
  const url = `${FILES_PREFIX}/*`
  guardWebAccess(app, options.webAccess)
  app.route({
    method: 'GET',
    url,
    exposeHeadRoute: false,
    handler: (request, reply) => get(request, reply, options),
  })
  app.route({ method: 'HEAD', url, handler: (request, reply) => head(request, reply, options) })
  app.route({ method: 'DELETE', url, handler: (request, reply) => remove(request, reply, options) })
  // The body is never read here: a client that waits for "100 Continue" does not even send it.
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  app.addContentTypeParser('multipart/form-data', (_request, _body, done) => done(null))
  app.route({
    method: ['PUT', 'POST'],
    url,
    handler: (request, reply) => redirectWrite(request, reply, options),
  })
}

function get(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FileRoutesOptions,
): FastifyReply {
  const { query, path, call } = parse(request, options)
  const status = existing(options.namespace, call, path)
  if (status.kind === 'directory' || query.list !== undefined) {
    return reply.send(listing(options, call, path, status, query))
  }
  options.namespace.checkAccess(call, path, 4)
  const offsetBytes = Number(/^bytes=(\d{1,15})-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  return redirect(request, reply, options, call, { path, offsetBytes })
}

function head(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FileRoutesOptions,
): FastifyReply {
  const { query, path, call } = parse(request, options)
  const status = existing(options.namespace, call, path)
  if (status.kind === 'directory') return reply.header('content-type', 'application/json').send()
  void reply.headers(entityHeaders({ ...status, path }, query.download !== undefined))
  return reply.header('content-length', status.lengthBytes).send()
}

async function remove(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FileRoutesOptions,
): Promise<FastifyReply> {
  const { query, path, call } = parse(request, options)
  const recursive = query.recursive !== undefined && query.recursive !== 'false'
  const deleted = await options.namespace.delete(call, { path, recursive })
  if (!deleted) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  return reply.code(204).send()
}

function redirectWrite(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FileRoutesOptions,
): FastifyReply {
  const { path, call } = parse(request, options)
  // Refused before a byte travels when it can be known; the datanode's own create checks again, and has the line.
  auditedRefusal(options.audit, call, { command: 'create', path }, () =>
    checkWritable(request, call, path, options),
  )
  return redirect(request, reply, options, call, undefined)
}

function checkWritable(
  request: FastifyRequest,
  call: Call,
  path: string,
  options: FileRoutesOptions,
): void {
  const parent = request.method === 'POST' ? path : path.slice(0, path.lastIndexOf('/')) || '/'
  const status = options.namespace.status(call, parent)
  if (status === undefined)
    throw new DfsError('NOT_FOUND', `Parent directory doesn't exist: ${parent}`)
  if (status.kind !== 'directory') {
    throw new DfsError('PARENT_NOT_DIRECTORY', `${parent} (is not a directory)`)
  }
  if (request.method === 'PUT' && options.namespace.status(call, path)?.kind === 'directory') {
    throw new DfsError('ALREADY_EXISTS', `${path} already exists as a directory`)
  }
  options.namespace.checkAccess(call, parent, 3)
}

function redirect(
  request: FastifyRequest,
  reply: FastifyReply,
  options: FileRoutesOptions,
  call: Call,
  read: { readonly path: string; readonly offsetBytes: number } | undefined,
): FastifyReply {
  const path = pathOfFileUrl(request.url)
  const target = new URL(`http://${options.datanodeFor(call, read)}${fileUrlOfPath(path)}`)
  for (const [name, value] of Object.entries(request.query as FilesQuery)) {
    if (name !== 'user.name' && typeof value === 'string') target.searchParams.set(name, value)
  }
  const ticket = issueTicket(
    {
      user: call.principal.user,
      method: request.method,
      path,
      expiresMs: options.clock.wallMs() + TICKET_LIFETIME_MS,
    },
    options.clusterToken,
  )
  target.searchParams.set('ticket', ticket)
  return reply.code(307).header('location', target.href).header('cache-control', 'no-store').send()
}

function listing(
  { namespace, audit }: FileRoutesOptions,
  call: Call,
  path: string,
  status: FileStatus,
  query: FilesQuery,
): object {
  const limit = auditedRefusal(audit, call, { command: 'listStatus', path }, () =>
    limitOf(query.limit),
  )
  const page = namespace.list(call, path, query.after ?? '', limit)
  if (page === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  const last = page.entries.at(-1)
  return {
    path,
    status: describe(status),
    entries: page.entries.map(describe),
    remainingEntries: page.remainingEntries,
    ...(page.remainingEntries > 0 && last !== undefined ? { next: last.name } : {}),
  }
}

function limitOf(text: string | undefined): number {
  const limit = Number(text ?? PAGE_ENTRIES)
  const isNumber = text === undefined || /^[1-9][0-9]{0,3}$/.test(text)
  if (isNumber && limit <= PAGE_ENTRIES) return limit
  throw new DfsError('ILLEGAL_ARGUMENT', `limit must be 1 to ${PAGE_ENTRIES}, not ${text}`)
}

/** A file status as our JSON shows it. */
function describe(status: FileStatus): object {
  return {
    name: status.name,
    kind: status.kind,
    lengthBytes: status.lengthBytes,
    owner: status.owner,
    group: status.group,
    permission: status.permission.toString(8).padStart(3, '0'),
    modificationTime: new Date(status.modificationTimeMs).toISOString(),
    ...(status.kind === 'file'
      ? {
          replication: status.replication,
          blockSizeBytes: status.blockSizeBytes,
          isUnderConstruction: status.isUnderConstruction,
        }
      : { childrenCount: status.childrenCount }),
  }
}

function parse(request: FastifyRequest, options: FileRoutesOptions) {
  const query: FilesQuery = singleParameters(request.query)
  return { query, path: pathOfFileUrl(request.url), call: options.callOf(request) }
}

function existing(namespace: Namespace, call: Call, path: string): FileStatus {
  const status = namespace.status(call, path)
  if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  return status
}
