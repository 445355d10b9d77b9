/**
 * Sockets as a dependency: servers listen and clients connect through this, so that a simulation can put its own
 * wires between the same code. Only the composition roots name `systemNetwork`.
 */
import {
  createConnection,
  createServer,
  type OnReadOpts,
  type Server,
  Socket,
  type SocketConstructorOpts,
} from 'node:net'
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
  readonly receives?: Receives
}

/**
 * `fresh` (the default): each 'data' event brings memory of its own. `reused`: the memory is only valid during the event;
 * for readers that copy at once. A stream of blocks in fresh memory of 64 KiB a read made a datanode collect garbage
 * 58 times for each GiB received, a third of its processor time.
 */
export type Receives = 'fresh' | 'reused'

export interface ListenOptions {
  readonly receives?: Receives
  /**
   * A peer that has nothing more to say is still answered (default: its connection ends with its last word). Whoever
   * sets it ends every socket itself.
   */
  readonly halfOpen?: boolean
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
  listen(
    address: HostPort,
    onConnection: (socket: Socket) => void,
    options?: ListenOptions,
  ): Promise<Listener>
}

export const systemNetwork: Network = { connect, listen }

function connect(address: HostPort, options: ConnectOptions): Promise<Socket> {
  const target = `${address.host}:${address.port}`
  return new Promise((resolve, reject) => {
    const { onread, emitFrom } = reusedMemory()
    const socket = createConnection({
      host: address.host,
      port: address.port,
      noDelay: true,
      ...(options.receives === 'reused' ? { onread } : {}),
    })
    emitFrom(socket)
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

/** All sockets share it: the system hands over what one read brought before the next read begins. */
const SHARED_MEMORY = Buffer.allocUnsafeSlow(256 * 1024)

/** Memory for the next read of a socket; undefined: there is no better place than the shared one. */
export type ReadMemory = () => Uint8Array | undefined

const readMemories = new WeakMap<Socket, ReadMemory>()

/**
 * From its next read on, a socket that reuses memory puts what comes where its reader wants it, which saves the reader a
 * copy. `memory` is asked after each 'data' event and used for one read, at once or much later. Other sockets ignore it.
 */
export function readInto(socket: Socket, memory: ReadMemory): void {
  readMemories.set(socket, memory)
}

/** Node's option for reading into given memory, made to emit the usual 'data' events from it. */
function reusedMemory() {
  let socket: Socket | undefined
  const buffer = () => (socket && readMemories.get(socket)?.()) ?? SHARED_MEMORY
  const callback = (bytes: number, memory: Uint8Array): boolean => {
    socket?.emit('data', memory.subarray(0, bytes))
    return true
  }
  const emitFrom = (it: Socket): void => {
    socket = it
  }
  return { onread: { buffer, callback }, emitFrom }
}

/**
 * Node reads into given memory only for sockets that are made with that option, which a server's are not. So a second
 * socket takes over the accepted one's handle, and the first, which the server counts, ends with it.
 */
function withReusedMemory(accepted: Socket, allowHalfOpen: boolean): Socket {
  const holder = accepted as unknown as { _handle: unknown }
  const handle = holder._handle
  // Gone already, or a Node that keeps it elsewhere: then as it is.
  if (typeof handle !== 'object' || handle === null) return accepted
  holder._handle = null
  const { onread, emitFrom } = reusedMemory()
  const options: SocketConstructorOpts & { handle: object; onread: OnReadOpts } = {
    handle,
    onread,
    allowHalfOpen,
  }
  const socket = new Socket(options)
  emitFrom(socket)
  socket.once('close', () => accepted.destroy())
  return socket
}

async function listen(
  address: HostPort,
  onConnection: (socket: Socket) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const open = new Set<Socket>()
  const isReused = options.receives === 'reused'
  const allowHalfOpen = options.halfOpen ?? false
  const how = { noDelay: true, pauseOnConnect: isReused, allowHalfOpen }
  const server = createServer(how, (accepted) => {
    const socket = isReused ? withReusedMemory(accepted, allowHalfOpen) : accepted
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
