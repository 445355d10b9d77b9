/** A TCP client that speaks bytes: for requests that no decent client sends. */
import { createConnection, type Socket } from 'node:net'
import type { Decoded } from '../../shared/hadoop/message.js'
import { RpcResponseHeaderProto } from '../../shared/hadoop/schema/ipc.js'
import { ProtoReader } from '../../shared/hadoop/wire.js'

/** A reply frame: its header, and a reader at the message behind it. */
export interface RawReply {
  readonly header: Decoded<typeof RpcResponseHeaderProto>
  readonly body: ProtoReader
  readonly bytes: Buffer
}

export class RawConnection {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #isClosed = false
  readonly #watchers = new Set<() => void>()

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // A reset is one of the ways in which a server ends a conversation.
    socket.on('error', () => this.#wake())
    socket.once('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawConnection(socket)
  }

  /** Bytes that came and were not taken. */
  get received(): Buffer {
    return this.#received
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(...parts: Uint8Array[]): void {
    for (const part of parts) this.socket.write(part)
  }

  /** The next reply; fails when the connection ends before it. */
  async reply(): Promise<RawReply> {
    await this.#until(() => this.#frameLength() !== undefined)
    const length = this.#frameLength()
    if (length === undefined) throw new Error('the connection ended before a reply')
    const bytes = this.#received.subarray(0, 4 + length)
    this.#received = this.#received.subarray(4 + length)
    const body = new ProtoReader(bytes, 4, bytes.length)
    return { header: RpcResponseHeaderProto.decodeDelimited(body), body, bytes }
  }

  /** Everything that comes until the server closes. */
  async untilClosed(): Promise<Buffer> {
    await this.#until(() => false)
    return this.#received
  }

  /** Cuts the connection and waits until it is gone. */
  async destroy(): Promise<void> {
    this.socket.destroy()
    await this.#until(() => this.#isClosed)
  }

  #frameLength(): number | undefined {
    if (this.#received.length < 4) return undefined
    const length = this.#received.readInt32BE(0)
    return this.#received.length >= 4 + length ? length : undefined
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (!isMet() && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  #wake(): void {
    const watchers = [...this.#watchers]
    this.#watchers.clear()
    for (const watcher of watchers) watcher()
  }
}
