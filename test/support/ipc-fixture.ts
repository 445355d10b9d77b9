/** IPC servers and clients for tests; everything started through it is stopped by `close`. */
import type { Clock } from '../../shared/clock.js'
import { systemClock } from '../../shared/clock.js'
import { contextFrame, preambleBytes } from '../../shared/hadoop/ipc-frames.js'
import { IpcServer, type IpcServerOptions } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL_NAME } from '../../shared/hadoop/schema/client-protocol.js'
import { type Log, silentLog } from '../../shared/log.js'
import { systemNetwork } from '../../shared/network.js'
import { seededRandom } from '../../shared/random.js'
import { RawConnection } from './raw-connection.js'

export const CLIENT_ID = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')

/** What IPC needs of the world: real sockets on the loopback, and the given clock. */
export function ipcSeams(options: { clock?: Clock; log?: Log } = {}) {
  return {
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    network: systemNetwork,
    random: seededRandom(1),
  }
}

export class IpcFixture {
  readonly #closers: (() => Promise<void> | void)[] = []

  /** Starts a server on a free port. */
  async start(
    options: Omit<IpcServerOptions, 'seams'> & { clock?: Clock; log?: Log },
  ): Promise<{ server: IpcServer; port: number }> {
    const server = new IpcServer({ ...options, seams: ipcSeams(options) })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    this.#closers.push(() => server.close())
    return { server, port }
  }

  /** A connection that has said nothing yet. */
  async connect(port: number): Promise<RawConnection> {
    const connection = await RawConnection.open(port)
    this.#closers.push(() => connection.destroy())
    return connection
  }

  /** A connection on which calls may come. */
  async connectAs(port: number, user: string): Promise<RawConnection> {
    const connection = await this.connect(port)
    const context = { userInfo: { effectiveUser: user }, protocol: CLIENT_PROTOCOL_NAME }
    connection.send(preambleBytes(0), contextFrame(CLIENT_ID, context))
    return connection
  }

  /** Registers something else to close. */
  closing(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close()
  }
}
