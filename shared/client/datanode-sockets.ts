/**
 * Connections to datanodes that finished a read and may carry another one. Datanodes keep them open for 4 s
 * (reference 3.1), so they are used again for up to 3 s.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../clock.js'
import type { HostPort, Network } from '../network.js'

export interface DatanodeSocketsOptions {
  readonly clock: Clock
  readonly network: Network
  readonly idleMs?: number
  readonly limit?: number
}

interface IdleSocket {
  readonly key: string
  readonly socket: Socket
  /** Stops watching it. */
  readonly release: () => void
}

const IDLE_MS = 3_000
const LIMIT = 16

export class DatanodeSockets {
  readonly #options: DatanodeSocketsOptions
  readonly #idle: IdleSocket[] = []
  #isClosed = false

  constructor(options: DatanodeSocketsOptions) {
    this.#options = options
  }

  /** An idle connection, if there is one. The datanode may have closed it a moment ago. */
  takeIdle(address: HostPort): Socket | undefined {
    const index = this.#idle.findLastIndex(({ key }) => key === keyOf(address))
    const [found] = index < 0 ? [] : this.#idle.splice(index, 1)
    found?.release()
    return found?.socket
  }

  /** A new connection. @throws DfsError CONNECTION_REFUSED, TIMEOUT */
  connect(address: HostPort, timeoutMs: number): Promise<Socket> {
    return this.#options.network.connect(address, { timeoutMs, receives: 'reused' })
  }

  /** Keeps a connection on which nothing is under way. */
  give(address: HostPort, socket: Socket): void {
    const { clock, idleMs = IDLE_MS, limit = LIMIT } = this.#options
    if (this.#isClosed || socket.destroyed || this.#idle.length >= limit) {
      socket.destroy()
      return
    }
    const drop = () => {
      const index = this.#idle.findIndex((idle) => idle.socket === socket)
      if (index >= 0) this.#idle.splice(index, 1)
      release()
      socket.destroy()
    }
    const cancel = clock.after(idleMs, drop)
    // Bytes nobody asked for, an end or an error: each makes it useless.
    const onError = () => drop()
    const events = ['data', 'end', 'close'] as const
    const release = () => {
      cancel()
      for (const event of events) socket.off(event, drop)
      // Kept until the next owner is there: an error without a listener would end the process.
      queueMicrotask(() => socket.off('error', onError))
    }
    for (const event of events) socket.on(event, drop)
    socket.on('error', onError)
    this.#idle.push({ key: keyOf(address), socket, release })
  }

  close(): void {
    this.#isClosed = true
    for (const { socket, release } of this.#idle.splice(0)) {
      release()
      socket.destroy()
    }
  }
}

const keyOf = (address: HostPort): string => `${address.host}:${address.port}`
