/**
 * The fastify instance that namenode and datanodes share: what a bare one gets wrong (reliability D3) is set here once:
 * no coercion of numbers into strings or back, no silent removal of unknown properties, deadlines for slow senders, a
 * bound on connections, and redirects that are answered before the client sends its body.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import { AssertionFailure } from '../assert.js'
import type { Log } from '../log.js'
import { sendRemoteException, webhdfsArgumentError } from '../webhdfs/remote-exception.js'
import { isWebhdfsUrl } from '../webhdfs/url.js'
import {
  createNodeServer,
  KEEP_ALIVE_TIMEOUT_MS,
  listenFailure,
  type NodeServerOptions,
  portOf,
} from './node-server.js'
import { fromFastify, installProblemReplies, sendProblem } from './problem.js'

export interface HttpServerOptions extends NodeServerOptions {
  readonly log: Log
  /** Bodies of ordinary JSON requests; file uploads are streamed past it by their own routes. */
  readonly bodyLimitBytes: number
}

/** Fastify compiles schemas with Ajv, which took a sixth of a namenode's start: routes check what they are sent themselves. */
function noSchemas(): never {
  throw new AssertionFailure('a route has no schema')
}

/** Builds an instance that does not listen yet; tests use `inject`. */
export function buildHttpServer(options: HttpServerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    // An upload may take hours; slow bodies are bounded by each route's own minimum rate.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 16_384, ignoreTrailingSlash: false },
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    // A URL that cannot be decoded has no route, hence no error handler of ours.
    frameworkErrors: (error, request, reply) =>
      isWebhdfsUrl(request.url)
        ? sendRemoteException(reply, webhdfsArgumentError(`Invalid path: ${error.message}`))
        : sendProblem(reply, fromFastify(error)),
    serverFactory: (handler) => createNodeServer(handler, options),
  })
  app.removeContentTypeParser('text/plain')
  installProblemReplies(app, options.log)
  return app as unknown as FastifyInstance
}

/**
 * Listens and returns the port.
 * @throws DfsError PORT_IN_USE
 */
export async function listenHttp(
  app: FastifyInstance,
  host: string,
  port: number,
): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw listenFailure(error, host, port)
  }
  return portOf(app.server) ?? port
}
