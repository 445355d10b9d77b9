/** The namenode's HTTP face: everything on its HTTP port, built without listening. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CONTROL_PREFIX } from '../../shared/control/messages.js'
import { buildHttpServer } from '../../shared/http/http-server.js'
import { singleParameters } from '../../shared/http/query.js'
import { guardWebAccess } from '../../shared/http/web-access.js'
import type { BlockId } from '../../shared/ids.js'
import { withoutMapping } from '../../shared/ip-address.js'
import type { Call } from '../service/access/call.js'
import type { Backups } from '../service/backup/backups.js'
import type { FoundBlock } from '../service/inspection/block-inquiry.js'
import { CorruptFileHandling } from '../service/inspection/corrupt-file-handling.js'
import type { Fsck } from '../service/inspection/fsck.js'
import { servingDatanode } from '../service/nodes/serving-datanode.js'
import type { NamenodeServices } from '../service/services.js'
import { SqlQueries } from '../service/sql/sql-queries.js'
import { registerAuditRoutes } from './audit-routes.js'
import { registerBackupRoutes } from './backup-routes.js'
import { registerClusterRoutes } from './cluster-routes.js'
import { registerEventRoutes } from './event-routes.js'
import { registerFileRoutes } from './file-routes.js'
import { registerFsckRoutes } from './fsck-routes.js'
import { registerHealthRoutes } from './health-routes.js'
import { registerImageRoutes } from './image-routes.js'
import type { NamenodeMetrics } from './metrics.js'
import { registerNodeRoutes } from './node-routes.js'
import { registerSqlRoutes } from './sql-routes.js'
import { registerStatusRoutes } from './status-routes.js'
import { checkUserParameter } from './user-parameter.js'
import { registerWebhdfsRoutes } from './webhdfs/routes.js'

export interface NamenodeHttpOptions {
  readonly services: NamenodeServices
  readonly metrics: NamenodeMetrics
  readonly fsck: Pick<Fsck, 'check'>
  readonly findBlock: (id: BlockId) => FoundBlock | undefined
  readonly backups: Pick<Backups, 'make'>
  /** Background work that keeps failing. */
  readonly failingLoops: () => readonly string[]
  /** Adds the routes that datanodes call. */
  readonly registerControlRoutes: (app: FastifyInstance) => void
  /** Known once the RPC face listens, which is after this one. */
  readonly rpcPort: () => number
}

const MAX_CONNECTIONS = 10_000
/** Only datanodes send bodies, and they do not dawdle. */
const BODY_WINDOW_MS = 30_000
const BODY_LIMIT_BYTES = 1024 * 1024

/** Who a request is that names nobody: as WebHDFS has it, a user without rights of its own. */
const ANONYMOUS = 'dr.who'

export async function buildNamenodeHttp(options: NamenodeHttpOptions): Promise<FastifyInstance> {
  const { services, metrics, fsck } = options
  const { namespace, clock, config, log } = services
  const defaultUser = config.anonymousUser ?? ANONYMOUS
  const app = buildHttpServer({
    log,
    clock,
    maxConnections: MAX_CONNECTIONS,
    bodyWindowMs: BODY_WINDOW_MS,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    // Uploads are redirected before a byte of them travels; datanodes' reports are for us.
    wantsBody: (request) => request.url?.startsWith(CONTROL_PREFIX) ?? false,
  })
  app.addHook('preHandler', async (request) => await learnCallers(services, request, defaultUser))
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff')
  })
  const callAs = (request: FastifyRequest, user: string) => callOfRequest(services, request, user)
  const callOf = (request: FastifyRequest) => {
    const query: { readonly 'user.name'?: string } = singleParameters(request.query)
    return callAs(request, checkUserParameter('user.name', query['user.name'] ?? defaultUser))
  }
  registerHealthRoutes(app, services, metrics, options.failingLoops)
  registerClusterRoutes(app, services)
  registerImageRoutes(app)
  registerBackupRoutes(app, { backups: options.backups, audit: services.audit, callOf })
  registerAuditRoutes(app, { services, callOf })
  registerFsckRoutes(app, {
    fsck: new CorruptFileHandling({ fsck, namespace }),
    findBlock: options.findBlock,
    corruptFiles: services.corruptFiles,
    blockPoolId: namespace.identity.blockPoolId,
    clock,
    audit: services.audit,
    defaultUser,
    callOf: callAs,
  })
  // Each in a scope of its own: their body parsers and hooks must not reach the others.
  void app.register((scope, _options, done) => {
    options.registerControlRoutes(scope)
    done()
  })
  void app.register((scope, _options, done) => {
    registerFileRoutes(scope, {
      namespace,
      audit: services.audit,
      clock,
      clusterToken: config.clusterToken,
      webAccess: config.webAccess,
      callOf,
      datanodeFor: (call, read) =>
        servingDatanode(call, read, { ...services, blockSizeBytes: config.blockSizeBytes }),
    })
    done()
  })
  void app.register((scope, _options, done) => {
    const { webAccess } = config
    const { events, audit } = services
    registerEventRoutes(scope, { events, audit, clock, webAccess, callOf })
    done()
  })
  void app.register((scope, _options, done) => {
    guardWebAccess(scope, config.webAccess)
    registerNodeRoutes(scope, { services, callOf })
    registerStatusRoutes(scope, { services, callOf })
    done()
  })
  void app.register((scope, _options, done) => {
    const { webAccess, dataFolder } = config
    const queries = new SqlQueries({ ...services, dataFolder })
    registerSqlRoutes(scope, { queries, audit: services.audit, webAccess, callOf })
    done()
  })
  void app.register((scope, _options, done) => {
    const webhdfsCallOf: typeof callAs = (request, user) => ({
      ...callAs(request, user),
      face: 'webhdfs',
    })
    registerWebhdfsRoutes(scope, {
      services,
      rpcPort: options.rpcPort,
      defaultUser,
      callOf: webhdfsCallOf,
    })
    done()
  })
  await app.ready()
  return app
}

/** Every parameter in which a face takes a user's name. */
const USER_PARAMETERS = ['user.name', 'doas', 'ugi', 'user'] as const

/** Groups may have to be asked for (`permission.groups-command`): before the call, since checks do not wait. */
async function learnCallers(
  { principals }: NamenodeServices,
  request: FastifyRequest,
  defaultUser: string,
): Promise<void> {
  // Datanodes are no users, and wait for nobody's groups.
  if (request.url.startsWith(CONTROL_PREFIX)) return
  const query: object = Object(request.query)
  const named = Object.entries(query).flatMap(([name, user]) =>
    USER_PARAMETERS.some((it) => it === name) && typeof user === 'string' ? [user] : [],
  )
  for (const user of named.length === 0 ? [defaultUser] : named) await principals.know(user)
}

function callOfRequest(
  { principals }: NamenodeServices,
  request: FastifyRequest,
  user: string,
): Call {
  const { remoteAddress, localAddress, localPort } = request.socket
  return {
    principal: principals.principal(user),
    requestId: undefined,
    clientAddress: withoutMapping(remoteAddress ?? ''),
    localAddress: withoutMapping(localAddress ?? ''),
    localPort,
    face: 'http',
  }
}
