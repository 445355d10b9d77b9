/** The datanode's HTTP face: file bytes for REST clients and browsers, health and metrics. */
import type { FastifyInstance } from 'fastify'
import { buildHttpServer } from '../../shared/http/http-server.js'
import { ClientCache } from './client-cache.js'
import { type DatanodeHttpContext, SERVER_LIMITS } from './context.js'
import { registerDownloadRoutes } from './download-routes.js'
import { registerHealthRoutes } from './health-routes.js'
import { registerUploadRoutes } from './upload-routes.js'
import { registerWebhdfsRoutes } from './webhdfs/routes.js'

const BODY_LIMIT_BYTES = 64 * 1024

/** Builds the face without listening. It is a client of the cluster like any other: uploads go through a pipeline. */
export async function buildDatanodeHttp(context: DatanodeHttpContext): Promise<FastifyInstance> {
  const { seams, health, ticketTimeMs } = context
  const { clusterToken, namenodeRpc } = context.config
  const app = buildHttpServer({
    log: seams.log,
    clock: seams.clock,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    ...SERVER_LIMITS,
  })
  const clients = new ClientCache({ fs: `hdfs://${namenodeRpc.host}:${namenodeRpc.port}`, seams })
  app.addHook('onClose', () => clients.close())
  registerHealthRoutes(app, health)
  const clientFor = (user: string) => clients.clientFor(user)
  const serving = { seams, clusterToken, ticketTimeMs, clientFor }
  registerDownloadRoutes(app, serving)
  await registerUploadRoutes(app, serving)
  void app.register((scope, _options, done) => {
    registerWebhdfsRoutes(scope, serving, context.config.webAccess)
    done()
  })
  await app.ready()
  return app
}
