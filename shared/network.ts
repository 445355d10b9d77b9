/**
 * Sockets as a dependency: servers listen and clients connect through this, so that a simulation can put its own
 * wires between the same code. Only the composition roots name `systemNetwork`.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { DfsError, toDfsError } from './errors.js'

export interface HostPort {
  readonly host: string
  readonly port: number
}

export interface ConnectOptions {
  /** Gives up after so long, with TIMEOUT. */
  readonly timeoutMs: number
  /** Destroys the socket with INTERRUPTED, while it connects and later. */
  readonly signal?: AbortSignal
  /** Reuses one buffer for incoming bytes instead of allocating: see node's `onread`. */
  readonly onread?: {
    readonly buffer: Buffer
    readonly callback: (bytes: number, buffer: Buffer) => boolean
  }
}

export interface Listener {
  readonly port: number
  /** Stops accepting, ends all open connections and resolves when they are gone. */
  close(): Promise<void>
}

export interface Network {
  /** @throws DfsError CONNECTION_REFUSED, TIMEOUT, INTERRUPTED */
  connect(address: HostPort, options: ConnectOptions): Promise<Socket>
  /** @param address port 0 takes a free one. @throws DfsError PORT_IN_USE */
  listen(address: HostPort, onConnection: (socket: Socket) => void): Promise<Listener>
}

export const systemNetwork: Network = { connect, listen }

function connect(address: HostPort, options: ConnectOptions): Promise<Socket> {
  const target = `${address.host}:${address.port}`
  return new Promise((resolve, reject) => {
    const socket = createConnection({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...(options.onread === undefined ? {} : { onread: options.onread }),
    })
    destroyOnAbort(socket, options.signal)
    const timer = setTimeout(() => {
      socket.destroy(
        new DfsError('TIMEOUT', `no connection to ${target} within ${options.timeoutMs} ms`),
      )
    }, options.timeoutMs)
    const onError = (error: Error) => {
      clearTimeout(timer)
      const { code, message } = toDfsError(error)
      reject(new DfsError(code, `cannot connect to ${target}: ${message}`, { cause: error }))
    }
    socket.once('error', onError)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve(socket)
    })
  })
}

/** As node's own option, which however keeps its listener, and with it the socket, for as long as the signal lives. */
function destroyOnAbort(socket: Socket, signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const onAbort = () => {
    socket.destroy(
      new DfsError('INTERRUPTED', 'the connection was interrupted', { cause: signal.reason }),
    )
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', onAbort))
}

async function listen(
  address: HostPort,
  onConnection: (socket: Socket) => void,
): Promise<Listener> {
  const open = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const where = `${address.host}:${address.port}`
      const { code, message } = toDfsError(error)
      const text =
        code === 'PORT_IN_USE'
          ? `port ${where} is already in use`
          : `cannot listen on ${where}: ${message}`
      reject(new DfsError(code, text, { cause: error, details: { ...address } }))
    })
    server.listen(address.port, address.host, resolve)
  })
  return { port: portOf(server), close: () => closeServer(server, open) }
}

function portOf(server: Server): number {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : 0
}

function closeServer(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of open) socket.destroy()
  })
}
