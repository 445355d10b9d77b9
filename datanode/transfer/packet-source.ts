/** A replica's bytes as packets: what a reader and a copy are sent. Verified before the first byte of a piece leaves. */
import { BYTES_PER_CHECKSUM, CHECKSUM_BYTES } from '../../shared/checksum/crc32c.js'
import {
  encodePacketHead,
  MAX_PACKET_HEAD_BYTES,
  PACKET_DATA_BYTES,
  writePacketHead,
} from '../../shared/transfer/packets.js'
import { RECORD_DATA_BYTES, recordStart } from '../blocks/meta-format.js'
import {
  MAX_PIECE_BYTES,
  type ReplicaReader,
  type VerifiedPiece,
} from '../blocks/replica-reader.js'

/** Memory for pieces in two sizes: a small read, wherever it begins, and the most that a piece carries. */
const SMALL = { bytes: 2 * RECORD_DATA_BYTES, maxSpares: 64, spares: [] as Buffer[] }
const LARGE = { bytes: MAX_PIECE_BYTES + RECORD_DATA_BYTES, maxSpares: 16, spares: [] as Buffer[] }

/** Memory for the whole records of the piece that begins at `from`; used again once `givePieceBufferBack` has it. */
export function takePieceBuffer(from: number, to: number): Buffer {
  const size = to - recordStart(from) <= SMALL.bytes ? SMALL : LARGE
  return size.spares.pop() ?? Buffer.allocUnsafeSlow(size.bytes)
}

export function givePieceBufferBack(buffer: Buffer): void {
  const size = buffer.length === SMALL.bytes ? SMALL : LARGE
  if (size.spares.length < size.maxSpares) size.spares.push(buffer)
}

/**
 * The bytes of a piece cut into packets, to be written in this order. `data` views are the piece's own.
 * @param firstSeqno of the first packet; the packets count on from it
 * @param withSums false leaves the sums out (checksum type NULL)
 */
export function packetsOf(
  piece: VerifiedPiece,
  firstSeqno: number,
  withSums: boolean,
): { readonly pieces: Buffer[]; readonly count: number } {
  const pieces: Buffer[] = []
  let count = 0
  for (let at = 0; at < piece.data.length; at += PACKET_DATA_BYTES, count += 1) {
    const data = piece.data.subarray(at, at + PACKET_DATA_BYTES)
    const sums = withSums
      ? piece.sums.subarray(sumsBefore(at), sumsBefore(at + data.length + BYTES_PER_CHECKSUM - 1))
      : piece.sums.subarray(0, 0)
    const head = Buffer.allocUnsafe(MAX_PACKET_HEAD_BYTES + sums.length)
    const header = {
      offsetInBlock: piece.offset + at,
      seqno: firstSeqno + count,
      isLast: false,
      dataBytes: data.length,
      syncBlock: false,
    }
    const sumsAt = writePacketHead(head, 0, header, sums.length)
    sums.copy(head, sumsAt)
    pieces.push(head.subarray(0, sumsAt + sums.length), data)
  }
  return { pieces, count }
}

const sumsBefore = (bytes: number) => Math.floor(bytes / BYTES_PER_CHECKSUM) * CHECKSUM_BYTES

/** The empty packet that ends every read, write and copy. */
export function lastPacket(offsetInBlock: number, seqno: number): Buffer {
  const header = { offsetInBlock, seqno, isLast: true, dataBytes: 0, syncBlock: false }
  return encodePacketHead(header, 0)
}

/**
 * All packets of a replica from its start, for a copy; the memory of each piece is its own.
 * @param pace called after each piece with its size
 */
export async function* packetsOfReplica(
  reader: ReplicaReader,
  pace: (bytes: number) => Promise<void>,
): AsyncGenerator<readonly Uint8Array[]> {
  let seqno = 0
  let at = 0
  while (at < reader.visibleBytes) {
    const buffer = takePieceBuffer(at, reader.visibleBytes)
    const piece = await reader.readThoroughly(at, reader.visibleBytes, buffer)
    const { pieces, count } = packetsOf(piece, seqno, true)
    seqno += count
    at += piece.data.length
    yield pieces
    await pace(piece.data.length)
  }
  yield [lastPacket(at, seqno)]
}
