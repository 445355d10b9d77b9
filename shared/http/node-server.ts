/**
 * Node's own HTTP server with the limits that ours need: deadlines for slow senders, a bound on connections, and
 * redirects that are answered before the client sends its body. Apart from http-server.ts, so that a face can listen
 * before it loads its framework.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { DfsError, toDfsError } from '../errors.js'
import type { HostPort, Listener, Network } from '../network.js'

export interface NodeServerOptions {
  readonly maxConnections: number
  /**
   * Answers requests that said `Expect: 100-continue` and should send their body. Those for which this is false are
   * routed without a "go on": a redirect then costs the client nothing.
   */
  readonly wantsBody: (request: IncomingMessage) => boolean
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

const HEADERS_TIMEOUT_MS = 10_000
export const KEEP_ALIVE_TIMEOUT_MS = 65_000

export function createNodeServer(handler: RequestHandler, options: NodeServerOptions): Server {
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
  let open = 0
  return await network.listen(address, (socket) => {
    // The server counts only what it has accepted itself.
    if (open >= server.maxConnections) {
      socket.destroy()
      return
    }
    open += 1
    socket.once('close', () => {
      open -= 1
    })
    server.emit('connection', socket)
  })
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
