/**
 * Connections that an IPC server has no place for: each is told so, as a fatal answer that Java shows as the failure of
 * the call, and closed. Being polite is bounded as well: beyond a few at a time they are just cut off.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../clock.js'
import { ERROR_TABLE } from '../errors.js'
import type { Log } from '../log.js'
import { failureFrame, NO_CALL } from './ipc-frames.js'
import { RpcErrorCode, RpcStatus } from './schema/ipc.js'

/** How many may take their time to read why. */
const MAX_LINGERING = 200
const LINGER_MS = 2_000

export class RefusedConnections {
  readonly #clock: Clock
  readonly #log: Log
  readonly #lingering = new Set<Socket>()
  #sinceLastReport = 0

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  /** @param connections how many there are, all of them at work */
  refuse(socket: Socket, connections: number): void {
    this.#sinceLastReport += 1
    socket.on('error', () => socket.destroy())
    if (this.#lingering.size >= MAX_LINGERING) {
      socket.destroy()
      return
    }
    const message = `Server is too busy: ${connections} connections are at work, and there is no place for another.`
    const { javaClass } = ERROR_TABLE.OVERLOADED
    const errorDetail = RpcErrorCode.RPC_SERVER
    this.#lingering.add(socket)
    const cancel = this.#clock.after(LINGER_MS, () => socket.destroy())
    socket.once('close', () => {
      cancel()
      this.#lingering.delete(socket)
    })
    // What the client says is taken and dropped: closing with unread bytes would take the answer away from it.
    socket.resume()
    socket.end(failureFrame(NO_CALL, { status: RpcStatus.FATAL, errorDetail, javaClass, message }))
  }

  /** One line for all that were refused since the last one. */
  report(connections: number): void {
    if (this.#sinceLastReport === 0) return
    this.#log.warn({ connections, refused: this.#sinceLastReport }, 'ipc connections refused')
    this.#sinceLastReport = 0
  }

  close(): void {
    for (const socket of this.#lingering) socket.destroy()
  }
}
