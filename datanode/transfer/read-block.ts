/** READ_BLOCK (protocol reference 3.3): verified bytes of a replica, in whole chunks, with their stored sums. */
import { BYTES_PER_CHECKSUM } from '../../shared/checksum/crc32c.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import { type OpReadBlockProto, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { ChecksumType } from '../../shared/hadoop/schema/hdfs.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import { encodeBlockOpResponse } from '../../shared/transfer/operations.js'
import type { Freshness } from '../blocks/open-reader.js'
import type { Replica } from '../blocks/replica.js'
import type { ReplicaReader, VerifiedPiece } from '../blocks/replica-reader.js'
import { replicaNotFound } from '../blocks/volume-scan.js'
import { confirmDamage, damagedOffset, mayBeDamage } from './damage.js'
import { openReplica } from './open-replica.js'
import { givePieceBufferBack, lastPacket, packetsOf, takePieceBuffer } from './packet-source.js'
import {
  checkPool,
  pollUntil,
  type TransferConnection,
  type TransferContext,
} from './transfer-context.js'

type ReadMessage = Decoded<typeof OpReadBlockProto>

/** @returns whether the connection may carry another operation */
export async function serveRead(
  context: TransferContext,
  connection: TransferConnection,
  message: ReadMessage,
): Promise<'keep' | 'close'> {
  const { block } = message.header.baseHeader
  const name = blockName(block)
  let session: ReadSession | undefined
  try {
    checkPool(context, block)
    session = await ReadSession.open(context, message, name)
  } catch (error) {
    const failure = toDfsError(error)
    context.statistics.failedOperations += 1
    connection.writer.write(
      encodeBlockOpResponse({
        status: Status.ERROR,
        message: `opReadBlock ${name} received exception ${failure.javaClass}: ${failure.message}`,
      }),
    )
    return 'close'
  }
  try {
    await session.send(connection)
  } finally {
    await session.close()
  }
  return await readStatus(context, connection)
}

/** Go never sends a status and just closes; whatever it says, or that it says nothing, leaves us unmoved. */
async function readStatus(
  context: TransferContext,
  { reader }: TransferConnection,
): Promise<'keep' | 'close'> {
  try {
    await reader.readDelimited(64, context.timeouts.keepAliveMs)
    return 'keep'
  } catch (error) {
    const { code } = toDfsError(error)
    if (code === 'CONNECTION_LOST' || code === 'TIMEOUT') return 'close'
    throw error
  }
}

class ReadSession {
  readonly #context: TransferContext
  readonly #name: string
  readonly #withSums: boolean
  readonly #start: number
  readonly #end: number
  #reader: ReplicaReader
  /** Read before the answer, so that a replica that is bad from the start is refused instead of broken off. */
  #next: Promise<{ readonly piece: VerifiedPiece; readonly buffer: Buffer }> | undefined

  static async open(
    context: TransferContext,
    message: ReadMessage,
    name: string,
  ): Promise<ReadSession> {
    const { offset, len } = message
    const replica = await findReplica(context, message, name)
    const reader = await openReader(context, replica, name, 'kept')
    const session = new ReadSession(context, reader, name, {
      withSums: message.sendChecksums ?? true,
      start: offset - (offset % BYTES_PER_CHECKSUM),
      end: Math.min(
        Math.ceil((offset + len) / BYTES_PER_CHECKSUM) * BYTES_PER_CHECKSUM,
        reader.visibleBytes,
      ),
    })
    try {
      session.#prefetch(session.#start)
      await session.#next
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  private constructor(
    context: TransferContext,
    reader: ReplicaReader,
    name: string,
    range: { readonly withSums: boolean; readonly start: number; readonly end: number },
  ) {
    this.#context = context
    this.#reader = reader
    this.#name = name
    this.#withSums = range.withSums
    this.#start = range.start
    this.#end = range.end
  }

  async send({ writer }: TransferConnection): Promise<void> {
    const { statistics, timeouts } = this.#context
    const type = this.#withSums ? ChecksumType.CRC32C : ChecksumType.NULL
    const checksum = { type, bytesPerChecksum: BYTES_PER_CHECKSUM }
    writer.write(
      encodeBlockOpResponse({
        status: Status.SUCCESS,
        readOpChecksumInfo: { checksum, chunkOffset: this.#start },
      }),
    )
    let at = this.#start
    let seqno = 0
    while (this.#next !== undefined) {
      const { piece, buffer } = await this.#next
      at += piece.data.length
      this.#prefetch(at)
      const { pieces, count } = packetsOf(piece, seqno, this.#withSums)
      seqno += count
      const last = pieces.pop()
      for (const bytes of pieces) writer.write(bytes)
      // Written in order: when the last bytes have left, the buffer is free.
      if (last !== undefined) writer.write(last, () => givePieceBufferBack(buffer))
      statistics.bytesRead += piece.data.length
      if (writer.isFull) await writer.drain(timeouts.readerStallMs)
    }
    writer.write(lastPacket(Math.max(at, this.#end), seqno))
    await writer.drain(timeouts.readerStallMs)
  }

  #prefetch(at: number): void {
    this.#next = at < this.#end ? this.#read(at) : undefined
    // Awaited by the next turn of the loop, or never when the peer is gone; the failure is the read's, not ours.
    this.#next?.catch(() => undefined)
  }

  async #read(at: number): Promise<{ piece: VerifiedPiece; buffer: Buffer }> {
    const buffer = takePieceBuffer(at, this.#end)
    try {
      return { piece: await this.#reader.read(at, this.#end, buffer), buffer }
    } catch (error) {
      if (!mayBeDamage(error)) throw error
      const { replica } = this.#reader
      this.#context.store.keptFiles.forget(replica.id)
      if (await confirmDamage(this.#context, replica, damagedOffset(error))) throw error
      // The replica was reopened or replaced while we read it: its visible bytes are the same, from its new files.
      const current = await openReader(this.#context, replica, this.#name, 'fresh')
      await this.#reader.close()
      this.#reader = current
      if (current.visibleBytes < this.#end) throw error
      return { piece: await current.read(at, this.#end, buffer), buffer }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#next])
    await this.#reader.close()
  }
}

/** Opens the files; a replica whose files are gone is reported. */
async function openReader(
  context: TransferContext,
  replica: Replica,
  name: string,
  how: Freshness,
): Promise<ReplicaReader> {
  try {
    return await openReplica(context.store, replica.id, name, how)
  } catch (error) {
    if (mayBeDamage(error)) await confirmDamage(context, replica, 0)
    throw error
  }
}

/** The replica, once it has the bytes that are asked for. Texts: protocol reference 3.3. */
async function findReplica(
  context: TransferContext,
  { header, offset, len }: ReadMessage,
  name: string,
): Promise<Replica> {
  const { blockId, generationStamp } = header.baseHeader.block
  const { store, seams, timeouts } = context
  const replica = store.get(blockId)
  if (replica === undefined) throw replicaNotFound(name)
  if (replica.generationStamp < generationStamp) {
    throw new DfsError(
      'IO',
      `Replica gen stamp < block genstamp, block=${name}, replica=${replica.kind}, blk_${blockId}_${replica.generationStamp}`,
    )
  }
  const neededBytes = offset + len
  const isSane = offset >= 0 && len >= 0 && Number.isSafeInteger(neededBytes)
  if (replica.kind === 'finalized' || !isSane) {
    if (isSane && neededBytes <= replica.lengthBytes) return replica
    const blockBytes = replica.lengthBytes
    throw new DfsError(
      'IO',
      ` Offset ${offset} and length ${len} don't match block ${name} ( blockLen ${blockBytes} )`,
    )
  }
  const ready = await pollUntil(seams.clock, timeouts.openReadWaitMs, () => {
    const current = store.get(blockId)
    const visible = current === undefined ? 0 : visibleBytes(current)
    return visible >= neededBytes ? current : undefined
  })
  if (ready !== undefined) return ready
  const available = visibleBytes(store.get(blockId) ?? replica)
  throw new DfsError('IO', `Need ${neededBytes} bytes, but only ${available} bytes available`)
}

function visibleBytes(replica: Replica): number {
  return replica.kind === 'finalized' ? replica.lengthBytes : replica.visibleBytes
}
