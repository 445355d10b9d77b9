/** BLOCK_CHECKSUM (protocol reference 3.7): the MD5 over the sums of a block's chunks, or the CRC of the whole block. */
import { createHash } from 'node:crypto'
import { BYTES_PER_CHECKSUM, crc32c } from '../../shared/checksum/crc32c.js'
import { DfsError } from '../../shared/errors.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import {
  BlockChecksumType,
  type OpBlockChecksumProto,
  Status,
} from '../../shared/hadoop/schema/data-transfer.js'
import { ChecksumType } from '../../shared/hadoop/schema/hdfs.js'
import { blockName } from '../../shared/transfer/block-writer.js'
import { encodeBlockOpResponse } from '../../shared/transfer/operations.js'
import type { ReplicaReader } from '../blocks/replica-reader.js'
import { confirmDamage, damagedOffset, mayBeDamage } from './damage.js'
import { openReplica } from './open-replica.js'
import { givePieceBufferBack, takePieceBuffer } from './packet-source.js'
import { checkPool, type TransferConnection, type TransferContext } from './transfer-context.js'

/** A refusal is no answer at all: the connection just closes (reference 3.1). @throws what was wrong, for the log */
export async function serveBlockChecksum(
  context: TransferContext,
  connection: TransferConnection,
  message: Decoded<typeof OpBlockChecksumProto>,
): Promise<void> {
  const { block } = message.header
  checkPool(context, block)
  const name = blockName(block)
  const reader = await openReplica(context.store, block.blockId, name)
  try {
    if (reader.replica.generationStamp < block.generationStamp) {
      throw new DfsError('STALE_GENERATION', `the replica of ${name} is older`)
    }
    const type = message.blockChecksumOptions?.blockChecksumType ?? BlockChecksumType.MD5CRC
    const lengthBytes = Math.min(block.numBytes ?? reader.visibleBytes, reader.visibleBytes)
    connection.writer.write(
      encodeBlockOpResponse({
        status: Status.SUCCESS,
        checksumResponse: {
          bytesPerCrc: BYTES_PER_CHECKSUM,
          crcPerBlock: Math.ceil(reader.visibleBytes / BYTES_PER_CHECKSUM),
          blockChecksum: await checksumOf(reader, Math.max(0, lengthBytes), type),
          crcType: ChecksumType.CRC32C,
          blockChecksumOptions: { blockChecksumType: type, stripeLength: 0 },
        },
      }),
    )
  } catch (error) {
    if (mayBeDamage(error)) await confirmDamage(context, reader.replica, damagedOffset(error))
    throw error
  } finally {
    await reader.close()
  }
}

/** @throws DfsError UNSUPPORTED for a kind of checksum that we do not know */
async function checksumOf(
  reader: ReplicaReader,
  lengthBytes: number,
  type: number,
): Promise<Buffer> {
  if (type !== BlockChecksumType.MD5CRC && type !== BlockChecksumType.COMPOSITE_CRC) {
    throw new DfsError('UNSUPPORTED', `block checksum type ${type} is not supported`)
  }
  const md5 = createHash('md5')
  let crc = 0
  const buffer = takePieceBuffer(0, lengthBytes)
  for (let at = 0; at < lengthBytes; ) {
    // Whole chunks are read; a limit inside a chunk cuts what was verified.
    const wanted = Math.ceil(lengthBytes / BYTES_PER_CHECKSUM) * BYTES_PER_CHECKSUM
    const piece = await reader.read(at, Math.min(wanted, reader.visibleBytes), buffer)
    const data = piece.data.subarray(0, lengthBytes - at)
    if (type === BlockChecksumType.COMPOSITE_CRC) crc = crc32c(data, crc)
    else md5.update(sumsOf(data, piece))
    at += data.length
  }
  givePieceBufferBack(buffer)
  if (type === BlockChecksumType.MD5CRC) return md5.digest()
  const result = Buffer.alloc(4)
  result.writeUInt32BE(crc)
  return result
}

/** The stored sums, with the last one made anew where a limit cuts its chunk. */
function sumsOf(data: Buffer, piece: { readonly data: Buffer; readonly sums: Buffer }): Buffer {
  if (data.length === piece.data.length) return piece.sums
  const count = Math.ceil(data.length / BYTES_PER_CHECKSUM)
  const sums = Buffer.from(piece.sums.subarray(0, count * 4))
  const lastStart = (count - 1) * BYTES_PER_CHECKSUM
  sums.writeUInt32BE(crc32c(data.subarray(lastStart)), (count - 1) * 4)
  return sums
}
