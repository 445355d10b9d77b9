/** A server that records what an IPC client sends and answers what a test tells it: for servers that misbehave. */
import type { Socket } from 'node:net'
import type { Decoded } from '../../shared/hadoop/message.js'
import { ReceiveBuffer } from '../../shared/hadoop/receive-buffer.js'
import { RpcRequestHeaderProto } from '../../shared/hadoop/schema/ipc.js'
import { ProtoReader } from '../../shared/hadoop/wire.js'
import { type Listener, systemNetwork } from '../../shared/network.js'

/** A frame of the client: its header, and a reader at what follows. */
export interface ReceivedFrame {
  readonly header: Decoded<typeof RpcRequestHeaderProto>
  readonly body: ProtoReader
  readonly bytes: Buffer
}

/** One accepted connection. */
export interface ScriptedPeer {
  readonly socket: Socket
  /** Which connection it is, from 0. */
  readonly index: number
  preamble: Buffer | undefined
  readonly frames: ReceivedFrame[]
}

type Script = (frame: ReceivedFrame, peer: ScriptedPeer) => void

export class ScriptedIpcServer {
  readonly peers: ScriptedPeer[] = []
  readonly #listener: Listener

  private constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Starts on a free port; `script` sees every frame, control frames too. */
  static async start(script: Script): Promise<ScriptedIpcServer> {
    let server: ScriptedIpcServer | undefined
    const address = { host: '127.0.0.1', port: 0 }
    const listener = await systemNetwork.listen(address, (socket) => {
      if (server !== undefined) server.#accept(socket, script)
    })
    server = new ScriptedIpcServer(listener)
    return server
  }

  get port(): number {
    return this.#listener.port
  }

  /** All frames of calls, of all connections, in order of connection. */
  get calls(): ReceivedFrame[] {
    return this.peers.flatMap((it) => it.frames).filter((it) => it.header.callId >= 0)
  }

  close(): Promise<void> {
    return this.#listener.close()
  }

  #accept(socket: Socket, script: Script): void {
    const peer: ScriptedPeer = { socket, index: this.peers.length, preamble: undefined, frames: [] }
    this.peers.push(peer)
    const input = new ReceiveBuffer()
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      input.append(chunk)
      if (peer.preamble === undefined && input.lengthBytes >= 7) peer.preamble = input.take(7)
      while (input.lengthBytes >= 4 && input.lengthBytes >= 4 + input.peekInt32()) {
        const bytes = input.take(4 + input.peekInt32())
        const body = new ProtoReader(bytes, 4, bytes.length)
        const frame = { header: RpcRequestHeaderProto.decodeDelimited(body), body, bytes }
        peer.frames.push(frame)
        script(frame, peer)
      }
    })
  }
}
