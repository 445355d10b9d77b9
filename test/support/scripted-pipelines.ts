/**
 * Datanodes that keep replicas in memory and misbehave as told, behind real TCP servers. The first node of a pipeline
 * plays all of it: it stores what arrives for every node and acknowledges in their names. What a client asks for is
 * checked as a strict datanode would (stages, stamps, lengths, offsets); violations are collected.
 */
import type { Socket } from 'node:net'
import { CRC32C_512, chunkChecksums, verifyChunks } from '../../shared/checksum/crc32c.js'
import { systemClock } from '../../shared/clock.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import {
  BlockConstructionStage,
  type OpReadBlockProto,
  type OpTransferBlockProto,
  type OpWriteBlockProto,
  Status,
} from '../../shared/hadoop/schema/data-transfer.js'
import { type Listener, systemNetwork } from '../../shared/network.js'
import {
  encodeBlockOpResponse,
  encodePipelineAck,
  type Operation,
  readOperation,
} from '../../shared/transfer/operations.js'
import { checkPacketGeometry, encodePacket } from '../../shared/transfer/packets.js'
import type { DatanodeInfo } from '../../shared/transfer/pipeline-node.js'
import { type ReceivedPacket, SocketReader } from '../../shared/transfer/socket-reader.js'

export interface Replica {
  data: Buffer
  generationStamp: number
  isFinalized: boolean
}

/** What a pipeline does instead of its duty. */
export type WriteFault =
  | { readonly kind: 'ack-error'; readonly index: number; readonly status?: number }
  | { readonly kind: 'downstream-error' }
  | { readonly kind: 'close' }
  | { readonly kind: 'stall' }
  | { readonly kind: 'wrong-seqno' }
  /** Stores the packet on every node, then closes without a word. */
  | { readonly kind: 'store-and-close' }

export type ReadFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'close'; readonly afterBytes: number }
  | { readonly kind: 'stall'; readonly afterBytes: number }
  | { readonly kind: 'corrupt'; readonly at: number }
  | { readonly kind: 'no-end' }

export interface PacketEvent {
  readonly node: number
  readonly stage: number
  /** Counts the packets of this connection. */
  readonly index: number
  readonly packet: ReceivedPacket
}

type WriteMessage = Decoded<typeof OpWriteBlockProto>

const TIMEOUT_MS = 10_000
const READ_PACKET_BYTES = 65536

export class ScriptedDatanodes {
  readonly infos: DatanodeInfo[] = []
  readonly operations: { readonly node: number; readonly operation: Operation }[] = []
  readonly violations: string[] = []
  readonly heartbeats: number[] = []
  readonly #replicas = new Map<string, Replica>()
  readonly #listeners: Listener[] = []
  readonly #sockets: Set<Socket>[] = []
  /** Answers WRITE_BLOCK: undefined lets it succeed. */
  onSetup: (
    node: number,
    message: WriteMessage,
  ) => { firstBad: number } | 'close' | 'stall' | undefined = () => undefined
  /** Called when a node begins to say nothing, for ever. */
  onStall: () => void = () => undefined
  onPacket: (event: PacketEvent) => WriteFault | undefined = () => undefined
  onTransfer: (
    node: number,
    message: Decoded<typeof OpTransferBlockProto>,
  ) => 'refuse' | undefined = () => undefined
  onRead: (node: number, message: Decoded<typeof OpReadBlockProto>) => ReadFault | undefined = () =>
    undefined

  static async start(count: number): Promise<ScriptedDatanodes> {
    const datanodes = new ScriptedDatanodes()
    for (let node = 0; node < count; node += 1) await datanodes.#listen(node)
    return datanodes
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
  }

  /** No more connections, and the present ones are cut. */
  async kill(node: number): Promise<void> {
    await this.#listeners[node]?.close()
  }

  cutConnections(): void {
    for (const socket of this.#sockets.flatMap((sockets) => [...sockets])) socket.destroy()
  }

  openConnections(): number {
    return this.#sockets.reduce((sum, sockets) => sum + sockets.size, 0)
  }

  replica(node: number, blockId: number): Replica | undefined {
    return this.#replicas.get(`${this.#uuid(node)}/${blockId}`)
  }

  putReplica(node: number, blockId: number, replica: Replica): void {
    this.#replicas.set(`${this.#uuid(node)}/${blockId}`, replica)
  }

  async #listen(node: number): Promise<void> {
    const sockets = new Set<Socket>()
    this.#sockets[node] = sockets
    const listener = await systemNetwork.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      void this.#serve(node, socket)
    })
    this.#listeners[node] = listener
    const number = String(node).padStart(12, '0')
    this.infos[node] = {
      id: {
        ipAddr: '127.0.0.1',
        hostName: 'localhost',
        datanodeUuid: `00000000-0000-4000-8000-${number}`,
        xferPort: listener.port,
        infoPort: 0,
        ipcPort: 0,
      },
    }
  }

  async #serve(node: number, socket: Socket): Promise<void> {
    const reader = new SocketReader(socket, { clock: systemClock })
    try {
      for (;;) {
        const operation = await readOperation(reader, TIMEOUT_MS, TIMEOUT_MS)
        this.operations.push({ node, operation })
        if (operation.kind === 'read-block')
          await this.#read(node, socket, reader, operation.message)
        else if (operation.kind === 'write-block') {
          await this.#write(node, socket, reader, operation.message)
          break
        } else if (operation.kind === 'transfer-block') {
          this.#transfer(node, socket, operation.message)
          break
        } else break
      }
      socket.end()
    } catch {
      socket.destroy()
    }
  }

  async #write(
    node: number,
    socket: Socket,
    reader: SocketReader,
    message: WriteMessage,
  ): Promise<void> {
    const verdict = this.onSetup(node, message)
    if (verdict === 'stall') await this.#stall(socket)
    if (verdict === 'close') throw new Error('scripted')
    const nodes = [this.infos[node], ...message.targets]
    if (verdict !== undefined && verdict !== 'stall') {
      const bad = nodes[verdict.firstBad]?.id
      const firstBadLink = verdict.firstBad === 0 ? '' : `${bad?.ipAddr}:${bad?.xferPort}`
      socket.write(encodeBlockOpResponse({ status: Status.ERROR, firstBadLink }))
      return
    }
    const replicas = nodes.map((info) => this.#openReplica(info?.id.datanodeUuid ?? '', message))
    if (replicas.includes(undefined)) throw new Error('violation')
    const open = replicas as Replica[]
    socket.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
    if (message.stage === BlockConstructionStage.PIPELINE_CLOSE_RECOVERY) return
    for (let index = 0; ; index += 1) {
      const packet = await reader.readPacket(TIMEOUT_MS)
      if (packet.seqno === -1) {
        this.heartbeats.push(node)
        socket.write(encodePipelineAck({ seqno: -1, replies: open.map(() => Status.SUCCESS) }))
        continue
      }
      const fault = this.onPacket({ node, stage: message.stage, index, packet })
      if (fault === undefined || fault.kind === 'store-and-close') this.#store(open, packet)
      if (fault !== undefined) return this.#misbehave(socket, packet, fault, open.length)
      socket.write(
        encodePipelineAck({ seqno: packet.seqno, replies: open.map(() => Status.SUCCESS) }),
      )
      if (packet.isLast) return
    }
  }

  async #misbehave(
    socket: Socket,
    packet: ReceivedPacket,
    fault: WriteFault,
    nodes: number,
  ): Promise<void> {
    const ok = Array.from({ length: nodes }, () => Status.SUCCESS as number)
    if (fault.kind === 'ack-error') {
      ok[fault.index] = fault.status ?? Status.ERROR
      socket.write(encodePipelineAck({ seqno: packet.seqno, replies: ok }))
    } else if (fault.kind === 'downstream-error') {
      socket.write(encodePipelineAck({ seqno: -2, replies: [Status.SUCCESS, Status.ERROR] }))
    } else if (fault.kind === 'wrong-seqno') {
      socket.write(encodePipelineAck({ seqno: packet.seqno + 1, replies: ok }))
    } else if (fault.kind === 'close' || fault.kind === 'store-and-close') socket.destroy()
    if (fault.kind === 'stall') await this.#stall(socket)
    else await closed(socket)
  }

  /** Says nothing until the client hangs up. */
  async #stall(socket: Socket): Promise<void> {
    this.onStall()
    await closed(socket)
  }

  #openReplica(uuid: string, message: WriteMessage): Replica | undefined {
    const { block } = message.header.baseHeader
    const key = `${uuid}/${block.blockId}`
    const replica = this.#replicas.get(key)
    const { stage, minBytesRcvd, maxBytesRcvd, latestGenerationStamp } = message
    const isNew = stage === BlockConstructionStage.PIPELINE_SETUP_CREATE
    if (isNew) {
      if (replica !== undefined) return this.#violation(`${key} exists already`)
      const made = {
        data: Buffer.alloc(0),
        generationStamp: block.generationStamp,
        isFinalized: false,
      }
      this.#replicas.set(key, made)
      return made
    }
    if (replica === undefined) return this.#violation(`${key} does not exist (stage ${stage})`)
    if (
      replica.generationStamp < block.generationStamp ||
      latestGenerationStamp < replica.generationStamp
    ) {
      return this.#violation(
        `${key} has stamp ${replica.generationStamp}, asked ${block.generationStamp} to ${latestGenerationStamp}`,
      )
    }
    const length = replica.data.length
    const isAppend = stage === BlockConstructionStage.PIPELINE_SETUP_APPEND
    const isStreaming = stage === BlockConstructionStage.PIPELINE_SETUP_STREAMING_RECOVERY
    if (isAppend && (!replica.isFinalized || length !== minBytesRcvd))
      return this.#violation(`${key} cannot be appended to`)
    if (isStreaming && replica.isFinalized) return this.#violation(`${key} is finalized`)
    if (length < minBytesRcvd || length > maxBytesRcvd)
      return this.#violation(`${key} has ${length} bytes, not ${minBytesRcvd} to ${maxBytesRcvd}`)
    replica.data = replica.data.subarray(0, minBytesRcvd)
    replica.generationStamp = latestGenerationStamp
    replica.isFinalized = stage === BlockConstructionStage.PIPELINE_CLOSE_RECOVERY
    return replica
  }

  #store(replicas: readonly Replica[], packet: ReceivedPacket): void {
    checkPacketGeometry(packet, packet.sums.length)
    const offsetInChunk = packet.offsetInBlock % 512
    if (offsetInChunk !== 0 && packet.dataBytes > 512 - offsetInChunk)
      this.#violation('a partial chunk is not alone in its packet')
    if (verifyChunks(CRC32C_512, packet.data, packet.sums, offsetInChunk) !== -1)
      this.#violation('bad checksum')
    for (const replica of replicas) {
      if (packet.offsetInBlock > replica.data.length) this.#violation('a packet leaves a gap')
      if (packet.dataBytes > 0)
        replica.data = Buffer.concat([replica.data.subarray(0, packet.offsetInBlock), packet.data])
      if (packet.isLast) replica.isFinalized = true
    }
    packet.release()
  }

  #transfer(node: number, socket: Socket, message: Decoded<typeof OpTransferBlockProto>): void {
    const { block } = message.header.baseHeader
    const source = this.replica(node, block.blockId)
    const isRefused = this.onTransfer(node, message) === 'refuse'
    if (source === undefined || isRefused) {
      socket.write(encodeBlockOpResponse({ status: Status.ERROR, message: 'scripted' }))
      return
    }
    for (const target of message.targets) {
      const copy = { ...source, data: Buffer.from(source.data.subarray(0, block.numBytes)) }
      this.#replicas.set(`${target.id.datanodeUuid}/${block.blockId}`, copy)
    }
    socket.write(encodeBlockOpResponse({ status: Status.SUCCESS }))
  }

  async #read(
    node: number,
    socket: Socket,
    reader: SocketReader,
    message: Decoded<typeof OpReadBlockProto>,
  ): Promise<void> {
    const fault = this.onRead(node, message)
    const { block } = message.header.baseHeader
    const replica = this.replica(node, block.blockId)
    const { offset, len } = message
    if (replica === undefined || fault?.kind === 'refuse' || offset + len > replica.data.length) {
      socket.end(encodeBlockOpResponse({ status: Status.ERROR, message: 'Replica not found' }))
      throw new Error('refused')
    }
    const start = offset - (offset % 512)
    const end = Math.min(replica.data.length, Math.ceil((offset + len) / 512) * 512)
    const info = { checksum: { type: 2, bytesPerChecksum: 512 }, chunkOffset: start }
    socket.write(encodeBlockOpResponse({ status: Status.SUCCESS, readOpChecksumInfo: info }))
    let seqno = 0
    for (let at = start; at < end; at += READ_PACKET_BYTES) {
      const data = Buffer.from(replica.data.subarray(at, Math.min(end, at + READ_PACKET_BYTES)))
      const sums = chunkChecksums(data)
      if (fault?.kind === 'corrupt' && fault.at >= at && fault.at < at + data.length) {
        data[fault.at - at] = (data[fault.at - at] ?? 0) ^ 0x40
      }
      const header = {
        offsetInBlock: at,
        seqno,
        isLast: false,
        dataBytes: data.length,
        syncBlock: false,
      }
      const packet = encodePacket(header, sums, data)
      if (
        (fault?.kind === 'close' || fault?.kind === 'stall') &&
        at + data.length > fault.afterBytes
      ) {
        // In the middle of a packet.
        socket.write(packet.subarray(0, packet.length >> 1))
        if (fault.kind === 'stall') await this.#stall(socket)
        socket.end()
        throw new Error('scripted')
      }
      socket.write(packet)
      seqno += 1
    }
    if (fault?.kind === 'no-end') {
      socket.end()
      throw new Error('scripted')
    }
    const last = { offsetInBlock: end, seqno, isLast: true, dataBytes: 0, syncBlock: false }
    socket.write(encodePacket(last, Buffer.alloc(0), Buffer.alloc(0)))
    await reader.readDelimited(100, TIMEOUT_MS)
  }

  #violation(what: string): undefined {
    this.violations.push(what)
    return undefined
  }

  #uuid(node: number): string {
    return this.infos[node]?.id.datanodeUuid ?? ''
  }
}

async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed) return
  await new Promise((resolve) => socket.once('close', resolve))
}
