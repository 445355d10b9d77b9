/**
 * WebHDFS on the namenode: one table from method and `op` to an operation, and around it what all have in common: who asks,
 * how answers are written, how failures look. Bodies are never read here.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DfsError } from '../../../shared/errors.js'
import { WebhdfsParameters } from '../../../shared/webhdfs/parameters.js'
import { webhdfsArgumentError } from '../../../shared/webhdfs/remote-exception.js'
import { speakWebhdfs } from '../../../shared/webhdfs/scope.js'
import { pathOfWebhdfsUrl, WEBHDFS_PREFIX } from '../../../shared/webhdfs/url.js'
import type { Call } from '../../service/access/call.js'
import { checkImpersonation } from '../../service/access/impersonation.js'
import { absentOperations } from './absent-operations.js'
import { aclOperations } from './acl-operations.js'
import { changeOperations } from './change-operations.js'
import { clusterOperations } from './cluster-operations.js'
import { dataOperations } from './data-operations.js'
import { jsonText } from './json-text.js'
import { locationOperations } from './location-operations.js'
import type {
  OperationAnswer,
  Operations,
  OperationTable,
  WebhdfsMethod,
  WebhdfsOptions,
} from './operation.js'
import { OutstandingRedirects } from './outstanding-redirects.js'
import { quotaOperations } from './quota-operations.js'
import { snapshotOperations } from './snapshot-operations.js'
import { statusOperations } from './status-operations.js'
import { storagePolicyOperations } from './storage-policy-operations.js'
import { xattrOperations } from './xattr-operations.js'

export interface WebhdfsRoutesOptions extends WebhdfsOptions {
  /** Who a request without `user.name` is. */
  readonly defaultUser: string
  /** The circumstances of a request made by `user`. */
  readonly callOf: (request: FastifyRequest, user: string) => Call
}

/** Adds the routes to a scope of their own: its parsers and error handler reach no other route. */
export function registerWebhdfsRoutes(app: FastifyInstance, options: WebhdfsRoutesOptions): void {
  const operations = operationTable(options)
  const { log, config } = options.services
  const redirects = new OutstandingRedirects(options.services)
  app.addHook('preClose', async () => redirects.close())
  speakWebhdfs(app, config.webAccess, log)
  for (const url of [WEBHDFS_PREFIX, `${WEBHDFS_PREFIX}/*`]) {
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      url,
      exposeHeadRoute: false,
      handler: (request, reply) => handle(request, reply, { ...options, operations, redirects }),
    })
    app.options(url, (_request, reply) =>
      reply.header('allow', 'OPTIONS,HEAD,DELETE,POST,GET,PUT').send(),
    )
  }
}

/** Everything that is answered, by method and name. */
function operationTable(options: WebhdfsOptions): Required<OperationTable> {
  const parts: readonly OperationTable[] = [
    statusOperations(options),
    locationOperations(options),
    clusterOperations(options),
    changeOperations(options),
    dataOperations(options),
    aclOperations(options),
    xattrOperations(options),
    storagePolicyOperations(options),
    quotaOperations(options),
    snapshotOperations(options),
    absentOperations(options),
  ]
  const under = (method: WebhdfsMethod): Operations =>
    Object.assign({}, ...parts.map((it) => it[method]))
  return { GET: under('GET'), PUT: under('PUT'), POST: under('POST'), DELETE: under('DELETE') }
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  options: WebhdfsRoutesOptions & {
    readonly operations: Required<OperationTable>
    readonly redirects: OutstandingRedirects
  },
): Promise<FastifyReply> {
  const { operations, redirects } = options
  const parameters = WebhdfsParameters.ofUrl(request.url)
  const path = pathOfWebhdfsUrl(request.url)
  const call = authenticated(request, parameters, options)
  const method = methodOf(request)
  const operation = parameters.text('op')?.toUpperCase()
  if (operation === undefined || operation === 'NULL') {
    throw new DfsError('UNSUPPORTED', 'op=NULL is not supported')
  }
  const run = Object.hasOwn(operations[method], operation)
    ? operations[method][operation]
    : undefined
  if (run === undefined) {
    throw webhdfsArgumentError(
      `Invalid value for webhdfs parameter "op": ${parameters.text('op')} is not a valid ${method} operation.`,
    )
  }
  await redirects.settled(call, path)
  const answer = await run({ operation, call, path, parameters })
  if (operation === 'CREATE' || operation === 'APPEND') redirects.remember(call, path)
  return send(reply, answer)
}

/** HEAD answers like GET, without the body. */
function methodOf({ method }: FastifyRequest): WebhdfsMethod {
  return method === 'PUT' || method === 'POST' || method === 'DELETE' ? method : 'GET'
}

/** @throws DfsError NOT_AUTHORIZED for `doas` by somebody who may not */
function authenticated(
  request: FastifyRequest,
  parameters: WebhdfsParameters,
  { services, defaultUser, callOf }: WebhdfsRoutesOptions,
): Call {
  const real = callOf(request, parameters.userName('user.name') ?? defaultUser)
  const impersonated = parameters.userName('doas')
  if (impersonated === undefined) return real
  const call = callOf(request, impersonated)
  checkImpersonation(real.principal, call.principal, services.access.proxyUsers)
  return call
}

function send(reply: FastifyReply, answer: OperationAnswer): FastifyReply {
  void reply.header('cache-control', 'no-cache')
  switch (answer.kind) {
    case 'json':
      return reply.header('content-type', 'application/json').send(jsonText(answer.value))
    case 'json-stream':
      return reply
        .header('content-type', 'application/json')
        .send(Readable.from(answer.pieces, { objectMode: false }))
    case 'empty':
      return reply.header('content-type', 'application/octet-stream').send('')
    case 'redirect':
      return reply
        .code(307)
        .header('location', answer.location)
        .header('content-type', 'application/octet-stream')
        .send('')
  }
}
