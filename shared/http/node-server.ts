/**
 * Node's own HTTP server with the limits that ours need: deadlines for slow senders, a bound on connections, and
 * redirects that are answered before the client sends its body. Apart from http-server.ts, so that a face can listen
 * before it loads its framework.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../clock.js'
import { DfsError, toDfsError } from '../errors.js'
import type { HostPort, Listener, Network } from '../network.js'
import { watchBody } from './body-watch.js'
import { limitConnections } from './connection-limit.js'
import { MAX_HEADERS, refusalOf } from './request-screen.js'

export interface NodeServerOptions {
  readonly clock: Clock
  /** Beyond it the connection that was idle longest is closed for a new one. */
  readonly maxConnections: number
  /** How long the sender of a body may send next to nothing. */
  readonly bodyWindowMs: number
  /**
   * Answers requests that said `Expect: 100-continue` and should send their body. Those for which this is false are
   * routed without a "go on": a redirect then costs the client nothing.
   */
  readonly wantsBody: (request: IncomingMessage) => boolean
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

const HEADERS_TIMEOUT_MS = 10_000
export const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** A reader may stop consuming for minutes, as on the block streaming port; then its connection is cut. */
const SILENCE_MS = 480_000

export function createNodeServer(handler: RequestHandler, options: NodeServerOptions): Server {
  const serve: RequestHandler = (request, response) => {
    watchBody({ request, response }, options.clock, options.bodyWindowMs)
    handler(request, response)
  }
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 1_000, requestTimeout: 0 },
    (request, response) => {
      if (!isRefused(request, response)) serve(request, response)
    },
  )
  limitConnections(server, options.maxConnections)
  // One above ours: Node drops the rest in silence.
  server.maxHeadersCount = MAX_HEADERS + 1
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
  server.timeout = SILENCE_MS
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (isRefused(request, response)) return
    if (options.wantsBody(request)) response.writeContinue()
    serve(request, response)
  })
  return server
}

/** Answers what is not even routed, and closes. */
function isRefused(request: IncomingMessage, response: ServerResponse): boolean {
  const refusal = refusalOf(request)
  if (refusal === undefined) return false
  const { status, detail } = refusal
  const code = 'ILLEGAL_ARGUMENT'
  const body = JSON.stringify({ type: 'about:blank', title: code, status, detail, code })
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' })
  response.end(body)
  return true
}

/** Listens and returns the port. @throws DfsError PORT_IN_USE */
export async function listenOn(server: Server, host: string, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw listenFailure(error, host, port)
  }
  return portOf(server) ?? port
}

/**
 * Lets `server` serve what connects to a further port. A second server would need the same handlers and limits again.
 * @throws DfsError PORT_IN_USE
 */
export async function listenToo(
  server: Server,
  network: Network,
  address: HostPort,
): Promise<Listener> {
  // The limit on connections goes by the same event, so it counts these too.
  return await network.listen(address, (socket) => server.emit('connection', socket))
}

/** What a failed `listen` is called. */
export function listenFailure(error: unknown, host: string, port: number): DfsError {
  const { code, message } = toDfsError(error)
  const text = code === 'PORT_IN_USE' ? `port ${host}:${port} is already in use` : message
  return new DfsError(code, text, { cause: error })
}

/** undefined while the server does not listen. */
export function portOf(server: Server): number | undefined {
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : undefined
}
