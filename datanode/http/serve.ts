/**
 * Listens for HTTP. What serves it (fastify, forms, metrics) is loaded with the first request: most datanodes of most
 * clusters never get one, and loading it took a third of a datanode's start.
 */
import type { FastifyInstance } from 'fastify'
import { createNodeServer, listenOn, type RequestHandler } from '../../shared/http/node-server.js'
import { type DatanodeHttpContext, SERVER_LIMITS } from './context.js'

/** @throws DfsError PORT_IN_USE */
export async function serveDatanodeHttp(
  context: DatanodeHttpContext,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { config, seams } = context
  let face: Promise<FastifyInstance> | undefined
  const route: RequestHandler = (request, response) => {
    face ??= load(context)
    face.then(
      (it) => it.routing(request, response),
      (error: unknown) => {
        seams.log.error({ err: error }, 'the HTTP face could not be loaded')
        response.writeHead(500).end()
      },
    )
  }
  const server = createNodeServer(route, { ...SERVER_LIMITS, clock: seams.clock })
  const port = await listenOn(server, config.bindHost, config.httpPort)
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
    await (await face)?.close()
  }
  return { port, close }
}

async function load(context: DatanodeHttpContext): Promise<FastifyInstance> {
  const { buildDatanodeHttp } = await import('./server.js')
  return await buildDatanodeHttp(context)
}
