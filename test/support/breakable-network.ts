/** The real network with a switch: connections to a port can be cut, and new ones refused, as when a cable is pulled. */
import type { Socket } from 'node:net'
import { DfsError } from '../../shared/errors.js'
import { type Network, systemNetwork } from '../../shared/network.js'

export class BreakableNetwork implements Network {
  readonly #cutPorts = new Set<number>()
  readonly #socketsByPort = new Map<number, Set<Socket>>()

  readonly connect: Network['connect'] = async (address, options) => {
    if (this.#cutPorts.has(address.port)) {
      throw new DfsError('CONNECTION_REFUSED', `the test cut port ${address.port} off`)
    }
    const socket = await systemNetwork.connect(address, options)
    this.#remember(address.port, socket)
    return socket
  }

  readonly listen: Network['listen'] = async (address, onConnection, options) => {
    let port = address.port
    const accept = (socket: Socket) => {
      this.#remember(port, socket)
      if (this.#cutPorts.has(port)) socket.destroy()
      else onConnection(socket)
    }
    const listener = await systemNetwork.listen(address, accept, options)
    port = listener.port
    return listener
  }

  /** Ends every connection of the port, from either side, and refuses new ones. */
  cut(port: number): void {
    this.#cutPorts.add(port)
    for (const socket of this.#socketsByPort.get(port) ?? []) socket.destroy()
  }

  mend(port: number): void {
    this.#cutPorts.delete(port)
  }

  #remember(port: number, socket: Socket): void {
    const sockets = this.#socketsByPort.get(port) ?? new Set<Socket>()
    this.#socketsByPort.set(port, sockets.add(socket))
    socket.once('close', () => sockets.delete(socket))
  }
}
