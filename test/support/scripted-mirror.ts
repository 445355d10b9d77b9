/** A datanode behind another one in a pipeline that takes every packet and acknowledges only what the test tells it to. */
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../shared/clock.js'
import { toDfsError } from '../../shared/errors.js'
import { Status } from '../../shared/hadoop/schema/data-transfer.js'
import { systemNetwork } from '../../shared/network.js'
import {
  encodeBlockOpResponse,
  encodePipelineAck,
  readOperation,
} from '../../shared/transfer/operations.js'
import { SocketReader } from '../../shared/transfer/socket-reader.js'
import { waitUntil } from './wait-until.js'

const TIMEOUT_MS = 10_000

export class ScriptedMirror {
  /** Sequence numbers of the packets that have come. */
  readonly received: number[] = []
  #socket: Socket | undefined
  #port = 0

  static async start(): Promise<ScriptedMirror> {
    const mirror = new ScriptedMirror()
    const address = { host: '127.0.0.1', port: 0 }
    const listener = await systemNetwork.listen(address, (socket) => void mirror.#serve(socket))
    mirror.#port = listener.port
    onTestFinished(async () => {
      mirror.#socket?.destroy()
      await listener.close()
    })
    return mirror
  }

  get port(): number {
    return this.#port
  }

  /** Acknowledges a packet once it has come. */
  async answer(seqno: number, status: number = Status.SUCCESS): Promise<void> {
    await waitUntil(() => this.received.includes(seqno), { what: `packet ${seqno} behind` })
    this.#socket?.write(encodePipelineAck({ seqno, replies: [status] }))
  }

  /** The node dies. */
  end(): void {
    this.#socket?.destroy()
  }

  async #serve(socket: Socket): Promise<void> {
    this.#socket = socket
    const reader = new SocketReader(socket, { clock: systemClock })
    try {
      await readOperation(reader, TIMEOUT_MS, TIMEOUT_MS)
      socket.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
      for (;;) {
        const packet = await reader.readPacket(TIMEOUT_MS)
        this.received.push(packet.seqno)
        packet.release()
      }
    } catch (error) {
      // The pipeline ends when its test wants it to.
      if (toDfsError(error).code !== 'CONNECTION_LOST') throw error
    }
  }
}
