/** The datanode's HTTP face: file bytes for REST clients and browsers, health and metrics; built without listening. */
import type { FastifyInstance } from 'fastify'
import { buildHttpServer } from '../../shared/http/http-server.js'
import type { Seams } from '../../shared/seams.js'
import { ClientCache } from './client-cache.js'
import { registerDownloadRoutes } from './download-routes.js'
import { type DatanodeHealth, registerHealthRoutes } from './health-routes.js'
import { registerUploadRoutes } from './upload-routes.js'

export interface DatanodeHttpOptions {
  readonly seams: Seams
  readonly clusterToken: string
  /** `hdfs://host:port` of the namenode: this face is a client of the cluster like any other. */
  readonly fs: string
  readonly health: DatanodeHealth
}

const MAX_CONNECTIONS = 4096
const BODY_LIMIT_BYTES = 64 * 1024

export async function buildDatanodeHttp(options: DatanodeHttpOptions): Promise<FastifyInstance> {
  const { seams, clusterToken, fs, health } = options
  const app = buildHttpServer({
    log: seams.log,
    maxConnections: MAX_CONNECTIONS,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    wantsBody: () => true,
  })
  const clients = new ClientCache({ fs, seams })
  app.addHook('onClose', () => clients.close())
  const serving = { seams, clusterToken, clientFor: (user: string) => clients.clientFor(user) }
  registerHealthRoutes(app, health)
  await app.register(async (scope) => {
    await registerUploadRoutes(scope, serving)
  })
  await app.register(async (scope) => {
    registerDownloadRoutes(scope, serving)
  })
  await app.ready()
  return app
}
