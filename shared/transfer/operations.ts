/**
 * Operations of the block streaming protocol (reference 3.1): version, operation code, one delimited message; replies
 * and acknowledgements are delimited messages too.
 */
import { DfsError } from '../errors.js'
import type { Decoded, Input } from '../hadoop/message.js'
import {
  BlockOpResponseProto,
  ClientReadStatusProto,
  DATA_TRANSFER_VERSION,
  OpBlockChecksumProto,
  OpCopyBlockProto,
  OperationCode,
  OpReadBlockProto,
  OpTransferBlockProto,
  OpWriteBlockProto,
  PipelineAckProto,
  Status,
} from '../hadoop/schema/data-transfer.js'
import type { SocketReader } from './socket-reader.js'

/** An operation message with a pipeline of a thousand nodes fits; Java has no limit of its own. */
export const MAX_OPERATION_BYTES = 1024 * 1024
export const MAX_REPLY_BYTES = 64 * 1024
export const MAX_ACK_BYTES = 16 * 1024

const OPERATION_HEAD_BYTES = 3

/** What a peer may ask of a datanode. */
export type Operation =
  | { readonly kind: 'write-block'; readonly message: Decoded<typeof OpWriteBlockProto> }
  | { readonly kind: 'read-block'; readonly message: Decoded<typeof OpReadBlockProto> }
  | { readonly kind: 'transfer-block'; readonly message: Decoded<typeof OpTransferBlockProto> }
  | { readonly kind: 'block-checksum'; readonly message: Decoded<typeof OpBlockChecksumProto> }
  | { readonly kind: RefusedOperation }

/** Refused whatever their messages say (reference 3.6, 3.8), each with the answer that its asker expects. */
export type RefusedOperation =
  | 'copy-block'
  | 'replace-block'
  | 'request-short-circuit-fds'
  | 'release-short-circuit-fds'
  | 'request-short-circuit-shm'
  | 'block-group-checksum'

const withHead = (code: number, message: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0, DATA_TRANSFER_VERSION, code]), message])

export const encodeWriteBlock = (message: Input<typeof OpWriteBlockProto>): Buffer =>
  withHead(OperationCode.WRITE_BLOCK, OpWriteBlockProto.encodeDelimited(message))
export const encodeReadBlock = (message: Input<typeof OpReadBlockProto>): Buffer =>
  withHead(OperationCode.READ_BLOCK, OpReadBlockProto.encodeDelimited(message))
export const encodeTransferBlock = (message: Input<typeof OpTransferBlockProto>): Buffer =>
  withHead(OperationCode.TRANSFER_BLOCK, OpTransferBlockProto.encodeDelimited(message))
export const encodeBlockChecksum = (message: Input<typeof OpBlockChecksumProto>): Buffer =>
  withHead(OperationCode.BLOCK_CHECKSUM, OpBlockChecksumProto.encodeDelimited(message))
export const encodeCopyBlock = (message: Input<typeof OpCopyBlockProto>): Buffer =>
  withHead(OperationCode.COPY_BLOCK, OpCopyBlockProto.encodeDelimited(message))

/**
 * The next operation on a connection.
 * @param idleTimeoutMs how long to wait for its first byte
 * @param timeoutMs longest silence within it
 * @throws DfsError UNSUPPORTED for another version or an operation that we do not know, MALFORMED_MESSAGE,
 *   CONNECTION_LOST, TIMEOUT: in each case the connection is to be closed without a reply (reference 3.1)
 */
export async function readOperation(
  reader: SocketReader,
  idleTimeoutMs: number,
  timeoutMs: number,
): Promise<Operation> {
  if (reader.bufferedBytes === 0) await reader.more(idleTimeoutMs)
  const head = await reader.readExactly(OPERATION_HEAD_BYTES, timeoutMs)
  const version = head.readInt16BE(0)
  if (version !== DATA_TRANSFER_VERSION) {
    throw new DfsError('UNSUPPORTED', `data transfer version ${version} is not supported`)
  }
  const code = head[2] ?? 0
  const kind = KIND_BY_CODE.get(code)
  if (kind === undefined) {
    throw new DfsError('UNSUPPORTED', `operation ${code} is not supported`)
  }
  return parseOperation(kind, await reader.readDelimited(MAX_OPERATION_BYTES, timeoutMs))
}

const KIND_BY_CODE: ReadonlyMap<number, Operation['kind']> = new Map([
  [OperationCode.WRITE_BLOCK, 'write-block'],
  [OperationCode.READ_BLOCK, 'read-block'],
  [OperationCode.TRANSFER_BLOCK, 'transfer-block'],
  [OperationCode.BLOCK_CHECKSUM, 'block-checksum'],
  [OperationCode.COPY_BLOCK, 'copy-block'],
  [OperationCode.REPLACE_BLOCK, 'replace-block'],
  [OperationCode.REQUEST_SHORT_CIRCUIT_FDS, 'request-short-circuit-fds'],
  [OperationCode.RELEASE_SHORT_CIRCUIT_FDS, 'release-short-circuit-fds'],
  [OperationCode.REQUEST_SHORT_CIRCUIT_SHM, 'request-short-circuit-shm'],
  [OperationCode.BLOCK_GROUP_CHECKSUM, 'block-group-checksum'],
])

function parseOperation(kind: Operation['kind'], bytes: Buffer): Operation {
  switch (kind) {
    case 'write-block':
      return { kind, message: OpWriteBlockProto.decode(bytes) }
    case 'read-block':
      return { kind, message: OpReadBlockProto.decode(bytes) }
    case 'transfer-block':
      return { kind, message: OpTransferBlockProto.decode(bytes) }
    case 'block-checksum':
      return { kind, message: OpBlockChecksumProto.decode(bytes) }
    default:
      return { kind }
  }
}

/** The answer to an operation. */
export type BlockOpResponse = Decoded<typeof BlockOpResponseProto>

/**
 * Encodes an answer. The Go client reads five bytes before it looks at the length, so a bare status gets an empty
 * `firstBadLink` (reference 3.1); Java reads that as "none".
 */
export function encodeBlockOpResponse(message: Input<typeof BlockOpResponseProto>): Buffer {
  const isBare =
    message.firstBadLink === undefined &&
    message.message === undefined &&
    message.checksumResponse === undefined &&
    message.readOpChecksumInfo === undefined
  return BlockOpResponseProto.encodeDelimited(isBare ? { ...message, firstBadLink: '' } : message)
}

/** The next answer. @throws DfsError CONNECTION_LOST, TIMEOUT, MALFORMED_MESSAGE */
export async function readBlockOpResponse(
  reader: SocketReader,
  timeoutMs: number,
): Promise<BlockOpResponse> {
  return BlockOpResponseProto.decode(await reader.readDelimited(MAX_REPLY_BYTES, timeoutMs))
}

export interface PipelineAck {
  readonly seqno: number
  /** One status for each node, the sender of the acknowledgement first. */
  readonly replies: readonly number[]
}

/** The statuses of an ack's `flag` are in its lowest four bits (reference 3.4). */
const FLAG_STATUS_MASK = 0xf

/** `flag` is left out: it is optional and every client falls back to `reply`. */
export function encodePipelineAck(ack: PipelineAck): Buffer {
  return PipelineAckProto.encodeDelimited({
    seqno: ack.seqno,
    reply: ack.replies,
    downstreamAckTimeNanos: 0,
  })
}

/** @param bytes without the length. @throws DfsError MALFORMED_MESSAGE */
export function decodePipelineAck(bytes: Buffer): PipelineAck {
  const { seqno, reply, flag } = PipelineAckProto.decode(bytes)
  if (flag.length !== reply.length) return { seqno, replies: reply }
  // Both are sent and should agree; whichever reports a failure is believed.
  const replies = reply.map((status, index) =>
    status === Status.SUCCESS ? (flag[index] ?? 0) & FLAG_STATUS_MASK : status,
  )
  return { seqno, replies }
}

/** What a reader says at the end of a read: CHECKSUM_OK, or SUCCESS when it did not verify. */
export const encodeClientReadStatus = (status: number): Buffer =>
  ClientReadStatusProto.encodeDelimited({ status })

/** @param bytes without the length. @throws DfsError MALFORMED_MESSAGE */
export const decodeClientReadStatus = (bytes: Buffer): number =>
  ClientReadStatusProto.decode(bytes).status
