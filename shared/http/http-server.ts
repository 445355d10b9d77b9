/**
 * The fastify instance that namenode and datanodes share: what a bare one gets wrong (reliability D3) is set here once:
 * no coercion of numbers into strings or back, no silent removal of unknown properties, deadlines for slow senders, a
 * bound on connections, and redirects that are answered before the client sends its body.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import { DfsError, toDfsError } from '../errors.js'
import type { Log } from '../log.js'
import { installProblemReplies } from './problem.js'

export interface HttpServerOptions {
  readonly log: Log
  readonly maxConnections: number
  /** Bodies of ordinary JSON requests; file uploads are streamed past it by their own routes. */
  readonly bodyLimitBytes: number
  /**
   * Answers requests that said `Expect: 100-continue` and should send their body. Those for which this is false are
   * routed without a "go on": a redirect then costs the client nothing.
   */
  readonly wantsBody: (request: IncomingMessage) => boolean
}

const HEADERS_TIMEOUT_MS = 10_000
const KEEP_ALIVE_TIMEOUT_MS = 65_000

const SCHEMA_OPTIONS = {
  coerceTypes: false,
  removeAdditional: false,
  allErrors: false,
  // Our own schemas need no check against the schema of schemas, nor smaller code: both took half of the start.
  meta: false,
  validateSchema: false,
  code: { optimize: false },
} as const

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
    ajv: { customOptions: SCHEMA_OPTIONS },
    serverFactory: (handler) => createNodeServer(handler, options),
  })
  app.removeContentTypeParser('text/plain')
  installProblemReplies(app, options.log)
  return app as unknown as FastifyInstance
}

function createNodeServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: HttpServerOptions,
): Server {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 1_000, requestTimeout: 0 },
    handler,
  )
  server.maxConnections = options.maxConnections
  server.maxHeadersCount = 100
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (options.wantsBody(request)) response.writeContinue()
    handler(request, response)
  })
  return server
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
    const { code, message } = toDfsError(error)
    const text = code === 'PORT_IN_USE' ? `port ${host}:${port} is already in use` : message
    throw new DfsError(code, text, { cause: error })
  }
  const address = app.server.address()
  return address !== null && typeof address === 'object' ? address.port : port
}
