/**
 * Freezes a node inside a living process, for tests and embedding programs: as SIGSTOP does to a process of its own.
 * Calls to the namenode wait, and no socket is read, until it goes on; connections stay open and silent.
 */
import type { Socket } from 'node:net'
import type { Network } from '../shared/network.js'
import type { ControlClient } from './loops/control-client.js'

export class PauseGate {
  readonly #sockets = new Map<Socket, () => void>()
  readonly #tracked = new Set<Socket>()
  #waiting: (() => void)[] = []
  #isPaused = false

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    for (const socket of this.#tracked) this.#hold(socket)
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    const letGo = [...this.#sockets.values()]
    this.#sockets.clear()
    for (const release of letGo) release()
    for (const proceed of this.#waiting.splice(0)) proceed()
  }

  /** Resolves at once while the node runs. */
  async wait(): Promise<void> {
    if (this.#isPaused) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  track(socket: Socket): void {
    this.#tracked.add(socket)
    socket.once('close', () => {
      this.#tracked.delete(socket)
      this.#sockets.delete(socket)
    })
    if (this.#isPaused) this.#hold(socket)
  }

  /** Whoever wants the socket to flow meanwhile gets it at the end: readers resume on their own when they have room. */
  #hold(socket: Socket): void {
    const resume = socket.resume
    let isWanted = socket.readableFlowing === true
    socket.pause()
    socket.resume = () => {
      isWanted = true
      return socket
    }
    this.#sockets.set(socket, () => {
      socket.resume = resume
      if (isWanted) socket.resume()
    })
  }
}

/** The network as a node sees it that may be frozen. */
export function pausableNetwork(network: Network, gate: PauseGate): Network {
  return {
    connect: async (address, options) => {
      await gate.wait()
      const socket = await network.connect(address, options)
      gate.track(socket)
      return socket
    },
    listen: (address, onConnection, options) =>
      network.listen(
        address,
        (socket) => {
          gate.track(socket)
          onConnection(socket)
        },
        options,
      ),
  }
}

/** The namenode as a node sees it that may be frozen. */
export function pausableControl(client: ControlClient, gate: PauseGate): ControlClient {
  return {
    call: async (path, body, reply, timeoutMs) => {
      await gate.wait()
      return await client.call(path, body, reply, timeoutMs)
    },
    close: () => client.close(),
  }
}
