/** The real network with a bad card: a bit of what goes to a port turns on its way, where no checksum of TCP sees it. */
import type { Socket } from 'node:net'
import { type Network, systemNetwork } from '../../shared/network.js'

/** Smaller pieces are operations, heads of packets and acknowledgements. */
const DATA_BYTES = 10_000

export class LyingNetwork implements Network {
  /** How many bits have turned. */
  lies = 0
  #port: number | undefined
  #skip = 0

  readonly listen: Network['listen'] = systemNetwork.listen

  readonly connect: Network['connect'] = async (address, options) => {
    const socket = await systemNetwork.connect(address, options)
    const write = socket.write.bind(socket) as (bytes: Uint8Array, ...rest: unknown[]) => boolean
    const writeBadly = (bytes: Uint8Array, ...rest: unknown[]) =>
      write(this.#isToLie(address.port, bytes) ? this.#turned(bytes) : bytes, ...rest)
    socket.write = writeBadly as Socket['write']
    return socket
  }

  /** One bit of the data that go to the port turns, after so many pieces that are right. */
  lieTo(port: number, after: number): void {
    this.#port = port
    this.#skip = after
  }

  #isToLie(port: number, bytes: Uint8Array): boolean {
    if (port !== this.#port || bytes.length < DATA_BYTES) return false
    this.#skip -= 1
    return this.#skip === -1
  }

  /** A copy: who sends the bytes keeps them as they are, and may be writing them to its disk. */
  #turned(bytes: Uint8Array): Buffer {
    const copy = Buffer.from(bytes)
    const at = copy.length - 1234
    copy.writeUInt8(copy.readUInt8(at) ^ 4, at)
    this.lies += 1
    return copy
  }
}
