/**
 * Packets of the block streaming protocol (reference 3.2):
 *
 *     PLEN int32 BE | HLEN int16 BE | header | sums, 4 bytes BE for each chunk | data
 *
 * PLEN counts itself, the sums and the data, not HLEN and the header. The header is a PacketHeaderProto whose fields
 * all have fixed sizes, so that it takes 25 bytes, or 27 with `syncBlock`; it is written and read by hand. Headers of
 * any other shape go through the generic codec.
 */
import { BYTES_PER_CHECKSUM, CHECKSUM_BYTES, checksumCount } from '../checksum/crc32c.js'
import { DfsError } from '../errors.js'
import { PacketHeaderProto } from '../hadoop/schema/data-transfer.js'

/** Larger packets are refused, as in Java. */
export const MAX_PACKET_BYTES = 16 * 1024 * 1024
/** Far above any header that a peer sends; the rest of the int16 would be garbage. */
const MAX_HEADER_BYTES = 1024
/** PLEN and HLEN. */
export const PACKET_PREFIX_BYTES = 6
const HEADER_BYTES = 25
const HEADER_BYTES_WITH_SYNC = 27
/** PLEN counts itself. */
const PLEN_BYTES = 4
/** The longest prefix and header that we write. */
export const MAX_PACKET_HEAD_BYTES = PACKET_PREFIX_BYTES + HEADER_BYTES_WITH_SYNC

/**
 * Data of a full packet: the grain of the checksums at rest, so that a receiver meets whole ones. Java's own writers
 * send 126 chunks (64512 bytes); every server takes both.
 */
export const PACKET_DATA_BYTES = 64 * 1024

/** Sent in silence so that nobody takes the writer for dead; acknowledged with the same number. */
export const HEARTBEAT_SEQNO = -1

export interface PacketHeader {
  /** Position in the block of the first byte of data. */
  readonly offsetInBlock: number
  /** A tag to be echoed in the acknowledgement; not consecutive, not from 0 (reference 3.2). */
  readonly seqno: number
  readonly isLast: boolean
  readonly dataBytes: number
  /** Data up to here are to be on stable storage before the acknowledgement. */
  readonly syncBlock: boolean
}

/** Bytes of the prefix and header that `writePacketHead` writes. */
export function packetHeadBytes(header: { readonly syncBlock: boolean }): number {
  return PACKET_PREFIX_BYTES + (header.syncBlock ? HEADER_BYTES_WITH_SYNC : HEADER_BYTES)
}

/**
 * Writes prefix and header into `target` at `offset`.
 * @param checksumBytes length of the sums that follow; 0 for checksum type NULL
 * @returns the offset behind the header, where the sums begin
 */
export function writePacketHead(
  target: Buffer,
  offset: number,
  header: PacketHeader,
  checksumBytes: number,
): number {
  const headerBytes = header.syncBlock ? HEADER_BYTES_WITH_SYNC : HEADER_BYTES
  target.writeInt32BE(PLEN_BYTES + checksumBytes + header.dataBytes, offset)
  target.writeInt16BE(headerBytes, offset + 4)
  let at = offset + PACKET_PREFIX_BYTES
  target[at] = 0x09
  writeInt64LE(target, at + 1, header.offsetInBlock)
  target[at + 9] = 0x11
  writeInt64LE(target, at + 10, header.seqno)
  target[at + 18] = 0x18
  target[at + 19] = header.isLast ? 1 : 0
  target[at + 20] = 0x25
  target.writeInt32LE(header.dataBytes, at + 21)
  at += HEADER_BYTES
  if (!header.syncBlock) return at
  target[at] = 0x28
  target[at + 1] = 1
  return at + 2
}

/** Prefix and header as bytes of their own: for senders whose sums and data lie elsewhere. */
export function encodePacketHead(header: PacketHeader, checksumBytes: number): Buffer {
  const head = Buffer.allocUnsafe(packetHeadBytes(header))
  writePacketHead(head, 0, header, checksumBytes)
  return head
}

/** A whole packet in one buffer. */
export function encodePacket(header: PacketHeader, sums: Uint8Array, data: Uint8Array): Buffer {
  return Buffer.concat([encodePacketHead(header, sums.length), sums, data])
}

/** A packet without data, sums or meaning for the block, asking only for an acknowledgement. */
export function encodeHeartbeatPacket(): Buffer {
  const header = { offsetInBlock: 0, seqno: HEARTBEAT_SEQNO, isLast: false, syncBlock: false }
  return encodePacketHead({ ...header, dataBytes: 0 }, 0)
}

/** Where the parts of a packet are, in bytes from its first. */
export interface PacketLayout {
  readonly headerBytes: number
  readonly totalBytes: number
}

/**
 * Reads PLEN and HLEN.
 * @param bytes at least `PACKET_PREFIX_BYTES` from `offset` on
 * @throws DfsError MALFORMED_MESSAGE for lengths outside the limits
 */
export function parsePacketLayout(bytes: Buffer, offset: number): PacketLayout {
  const payloadBytes = bytes.readInt32BE(offset)
  const headerBytes = bytes.readInt16BE(offset + 4)
  if (payloadBytes < PLEN_BYTES || payloadBytes > MAX_PACKET_BYTES) {
    throw malformed(`a packet has an incorrect payload length of ${payloadBytes}`)
  }
  if (headerBytes < 1 || headerBytes > MAX_HEADER_BYTES) {
    throw malformed(`a packet has an incorrect header length of ${headerBytes}`)
  }
  return {
    headerBytes,
    totalBytes: PACKET_PREFIX_BYTES + headerBytes + payloadBytes - PLEN_BYTES,
  }
}

/**
 * Reads the header.
 * @param headerBytes its length, HLEN
 * @throws DfsError MALFORMED_MESSAGE
 */
export function parsePacketHeader(
  bytes: Buffer,
  offset: number,
  headerBytes: number,
): PacketHeader {
  if (isUsualHeader(bytes, offset, headerBytes)) {
    return {
      offsetInBlock: readInt64LE(bytes, offset + 1),
      seqno: readInt64LE(bytes, offset + 10),
      isLast: bytes[offset + 19] !== 0,
      dataBytes: bytes.readInt32LE(offset + 21),
      syncBlock: headerBytes === HEADER_BYTES_WITH_SYNC && bytes[offset + 26] !== 0,
    }
  }
  const decoded = PacketHeaderProto.decode(bytes.subarray(offset, offset + headerBytes))
  return {
    offsetInBlock: decoded.offsetInBlock,
    seqno: decoded.seqno,
    isLast: decoded.lastPacketInBlock,
    dataBytes: decoded.dataLen,
    syncBlock: decoded.syncBlock ?? false,
  }
}

function isUsualHeader(bytes: Buffer, offset: number, headerBytes: number): boolean {
  if (headerBytes !== HEADER_BYTES && headerBytes !== HEADER_BYTES_WITH_SYNC) return false
  return (
    bytes[offset] === 0x09 &&
    bytes[offset + 9] === 0x11 &&
    bytes[offset + 18] === 0x18 &&
    (bytes[offset + 19] ?? 2) < 2 &&
    bytes[offset + 20] === 0x25 &&
    (headerBytes === HEADER_BYTES || (bytes[offset + 25] === 0x28 && (bytes[offset + 26] ?? 2) < 2))
  )
}

/**
 * Checks that the sums of a packet are as many as its data need, for data that start at the header's offset.
 * @param checksumBytes what PLEN leaves for the sums
 * @param bytesPerChecksum 0 for checksum type NULL, where no sums are sent
 * @throws DfsError MALFORMED_MESSAGE
 */
export function checkPacketGeometry(
  header: PacketHeader,
  checksumBytes: number,
  bytesPerChecksum = BYTES_PER_CHECKSUM,
): void {
  const { dataBytes, offsetInBlock } = header
  if (dataBytes < 0 || offsetInBlock < 0) {
    throw malformed(`a packet has ${dataBytes} bytes of data at offset ${offsetInBlock}`)
  }
  const offsetInChunk = bytesPerChecksum === 0 ? 0 : offsetInBlock % bytesPerChecksum
  const count =
    bytesPerChecksum === 0 ? 0 : checksumCount(dataBytes, bytesPerChecksum, offsetInChunk)
  if (checksumBytes !== count * CHECKSUM_BYTES) {
    throw malformed(
      `a packet of ${dataBytes} bytes at offset ${offsetInBlock} has ${checksumBytes} bytes of checksums, not ${count * CHECKSUM_BYTES}`,
    )
  }
}

const TWO_32 = 2 ** 32

/** Exact within ±2^53; offsets and numbers beyond are refused by whoever compares them. */
function readInt64LE(bytes: Buffer, at: number): number {
  return bytes.readInt32LE(at + 4) * TWO_32 + bytes.readUInt32LE(at)
}

function writeInt64LE(target: Buffer, at: number, value: number): void {
  target.writeUInt32LE(value >>> 0, at)
  target.writeInt32LE(Math.floor(value / TWO_32), at + 4)
}

const malformed = (what: string) => new DfsError('MALFORMED_MESSAGE', what)
