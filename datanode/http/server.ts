/** The datanode's HTTP face: file bytes for REST clients and browsers, health and metrics. */
import type { FastifyInstance } from 'fastify'
import { buildHttpServer, listenHttp } from '../../shared/http/http-server.js'
import type { Seams } from '../../shared/seams.js'
import type { DatanodeConfig } from '../config.js'
import { ClientCache } from './client-cache.js'
import { registerDownloadRoutes } from './download-routes.js'
import type { DatanodeHealth } from './health.js'
import { registerHealthRoutes } from './health-routes.js'
import { registerUploadRoutes } from './upload-routes.js'

export interface DatanodeHttpContext {
  readonly config: DatanodeConfig
  readonly seams: Seams
  /** From memory, cheap. */
  readonly health: () => DatanodeHealth
}

const MAX_CONNECTIONS = 4096
const BODY_LIMIT_BYTES = 64 * 1024

/** Builds the face without listening. It is a client of the cluster like any other: uploads go through a pipeline. */
export async function buildDatanodeHttp(context: DatanodeHttpContext): Promise<FastifyInstance> {
  const { seams, health } = context
  const { clusterToken, namenodeRpc } = context.config
  const app = buildHttpServer({
    log: seams.log,
    maxConnections: MAX_CONNECTIONS,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    wantsBody: () => true,
  })
  const clients = new ClientCache({ fs: `hdfs://${namenodeRpc.host}:${namenodeRpc.port}`, seams })
  app.addHook('onClose', () => clients.close())
  registerHealthRoutes(app, health)
  const serving = { seams, clusterToken, clientFor: (user: string) => clients.clientFor(user) }
  registerDownloadRoutes(app, serving)
  await registerUploadRoutes(app, serving)
  await app.ready()
  return app
}

/** @throws DfsError PORT_IN_USE */
export async function serveDatanodeHttp(
  context: DatanodeHttpContext,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const app = await buildDatanodeHttp(context)
  const { bindHost, httpPort } = context.config
  const port = await listenHttp(app, bindHost, httpPort)
  return { port, close: () => app.close() }
}
