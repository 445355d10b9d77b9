/**
 * The block streaming server of a datanode: connections, operations on them, and the limit of how many run at a time.
 * What a peer may do wrong ends its connection and nothing else.
 */
import type { Socket } from 'node:net'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { Status } from '../../shared/hadoop/schema/data-transfer.js'
import type { HostPort, Listener } from '../../shared/network.js'
import {
  encodeBlockOpResponse,
  type Operation,
  readOperation,
} from '../../shared/transfer/operations.js'
import { SocketReader } from '../../shared/transfer/socket-reader.js'
import { SocketWriter } from '../../shared/transfer/socket-writer.js'
import { serveBlockChecksum } from './block-checksum.js'
import { serveRead } from './read-block.js'
import { refusalOf } from './refused-operations.js'
import { serveTransfer } from './transfer-block.js'
import type { TransferConnection, TransferContext } from './transfer-context.js'
import { serveWrite } from './write-block.js'

/** How long the other end may take to read our last words before the connection is cut. */
const FAREWELL_MS = 2_000
/** Open connections for each transfer that may run: idle ones are kept for a few seconds only. */
const CONNECTIONS_PER_TRANSFER = 4

export interface TransferServerOptions {
  readonly context: TransferContext
  readonly maxTransfers: number
}

export class TransferServer {
  /** Block streams served at a time. */
  maxTransfers: number
  readonly #options: TransferServerOptions
  readonly #connections = new Set<Connection>()
  readonly #work = new Set<Promise<void>>()
  #listener: Listener | undefined

  constructor(options: TransferServerOptions) {
    this.#options = options
    this.maxTransfers = options.maxTransfers
  }

  /** @throws DfsError PORT_IN_USE */
  async listen(address: HostPort): Promise<number> {
    const { network } = this.#options.context.seams
    this.#listener = await network.listen(address, (socket) => this.#accept(socket), {
      receives: 'reused',
      // hdfs-native ends its side after the last packet of a block, and then waits for the acknowledgements.
      halfOpen: true,
    })
    return this.#listener.port
  }

  /** Cuts all connections; with `wait` resolves when their operations have let go of their replicas. */
  async close(wait: boolean): Promise<void> {
    const closed = this.#listener?.close()
    for (const connection of this.#connections) connection.destroy()
    await closed
    if (wait) await Promise.allSettled(this.#work)
  }

  #accept(socket: Socket): void {
    const { context } = this.#options
    const isFull = this.#connections.size >= this.maxTransfers * CONNECTIONS_PER_TRANSFER
    if (isFull && !this.#evictIdle()) {
      context.statistics.refusedOperations += 1
      socket.destroy()
      return
    }
    const connection = new Connection(socket, context)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    const work = this.#serve(connection).finally(() => this.#work.delete(work))
    this.#work.add(work)
  }

  /** Makes room by closing the connection that has been without an operation for longest; false when all are at work. */
  #evictIdle(): boolean {
    for (const connection of this.#connections) {
      if (connection.isWorking) continue
      this.#connections.delete(connection)
      connection.destroy()
      return true
    }
    return false
  }

  async #serve(connection: Connection): Promise<void> {
    const { context } = this.#options
    const { timeouts } = context
    let idleMs = timeouts.firstOperationMs
    try {
      for (;;) {
        const operation = await readOperation(connection.reader, idleMs, timeouts.silenceMs)
        connection.isWorking = true
        if ((await this.#admit(connection, operation)) === 'close') break
        idleMs = timeouts.keepAliveMs
        this.#becomesIdle(connection)
      }
    } catch (error) {
      this.#note(connection, error)
    } finally {
      connection.finish()
    }
  }

  #becomesIdle(connection: Connection): void {
    connection.isWorking = false
    // Behind those that are idle already; one that is closed must not come back.
    if (this.#connections.delete(connection)) this.#connections.add(connection)
  }

  async #admit(connection: Connection, operation: Operation): Promise<'keep' | 'close'> {
    const { context } = this.#options
    const { maxTransfers } = this
    const { statistics } = context
    if (statistics.activeTransfers >= maxTransfers) {
      statistics.refusedOperations += 1
      connection.writer.write(
        encodeBlockOpResponse({
          status: Status.ERROR,
          message: `the datanode serves ${maxTransfers} transfers already`,
        }),
      )
      return 'close'
    }
    statistics.activeTransfers += 1
    try {
      return await this.#perform(connection, operation)
    } catch (error) {
      statistics.failedOperations += 1
      throw error
    } finally {
      statistics.activeTransfers -= 1
    }
  }

  /** Only a read leaves the connection open for another operation (protocol reference 3.1). */
  async #perform(connection: Connection, operation: Operation): Promise<'keep' | 'close'> {
    const { context } = this.#options
    const { statistics } = context
    switch (operation.kind) {
      case 'read-block':
        statistics.readOperations += 1
        return await serveRead(context, connection, operation.message)
      case 'write-block':
        statistics.writeOperations += 1
        await serveWrite(context, connection, operation.message)
        return 'close'
      case 'transfer-block':
        statistics.otherOperations += 1
        await serveTransfer(context, connection, operation.message)
        return 'close'
      case 'block-checksum':
        statistics.otherOperations += 1
        await serveBlockChecksum(context, connection, operation.message)
        return 'close'
      default:
        statistics.refusedOperations += 1
        connection.writer.write(refusalOf(operation.kind))
        return 'close'
    }
  }

  #note(connection: Connection, error: unknown): void {
    const { log } = this.#options.context.seams
    const failure = toDfsError(error)
    const fields = { peer: connection.peer, code: failure.code, err: failure }
    // Peers come and go, and ask for odd things: that is no fault of ours.
    if (failure.code === 'INTERNAL') log.error(fields, 'transfer failed')
    else if (failure.code === 'CONNECTION_LOST' || failure.code === 'TIMEOUT') {
      log.debug(fields, 'transfer connection ended')
    } else log.info(fields, 'transfer refused or failed')
  }
}

/** One for all connections: an error for each would cost its stack. */
const GONE = new DfsError('CONNECTION_LOST', 'the peer is gone')

class Connection implements TransferConnection {
  readonly reader: SocketReader
  readonly writer: SocketWriter
  readonly peer: string
  isWorking = false
  readonly #socket: Socket
  readonly #context: TransferContext
  readonly #gone = new AbortController()

  constructor(socket: Socket, context: TransferContext) {
    const { clock } = context.seams
    this.#socket = socket
    this.#context = context
    this.peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
    this.reader = new SocketReader(socket, { clock })
    this.writer = new SocketWriter(socket, { clock })
    socket.once('close', () => this.#gone.abort(GONE))
  }

  get signal(): AbortSignal {
    return this.#gone.signal
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /**
   * Ends the connection after what was written. Closing at once with bytes unread would send a reset, and that may
   * overtake our last acknowledgement: so the rest is read and thrown away for a moment.
   */
  finish(): void {
    if (this.#socket.destroyed) {
      this.reader.release()
      return
    }
    this.#socket.once('close', () => this.reader.release())
    this.reader.detach()
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.once('end', () => this.#socket.destroySoon())
    this.#socket.on('data', () => {})
    this.#socket.resume()
    this.#socket.end()
    const cancel = this.#context.seams.clock.after(FAREWELL_MS, () => this.#socket.destroy())
    this.#socket.once('close', cancel)
  }
}
