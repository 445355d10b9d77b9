/**
 * The checksum of a whole file as Hadoop computes it (protocol reference 3.7): the MD5 of the blocks' MD5s of their chunk
 * sums. Datanodes answer from their stored sums, so no data moves. It depends on block and chunk size.
 */
import { createHash } from 'node:crypto'
import { DfsError, toDfsError } from '../errors.js'
import type { Decoded } from '../hadoop/message.js'
import { BlockChecksumType, Status } from '../hadoop/schema/data-transfer.js'
import { ChecksumType, type LocatedBlockProto } from '../hadoop/schema/hdfs.js'
import type { Seams } from '../seams.js'
import type { NamenodeCalls } from './namenode-calls.js'

export interface FileChecksum {
  /** As Hadoop names it: `MD5-of-0MD5-of-512CRC32C`. */
  readonly algorithm: string
  /** Chunk size (4 bytes), chunks in a block (8 bytes), MD5 (16 bytes): what `hdfs dfs -checksum` prints in hex. */
  readonly bytes: Buffer
  readonly md5: Buffer
}

export interface BlockChecksum {
  readonly bytesPerCrc: number
  readonly crcPerBlock: number
  readonly crcType: number
  readonly md5: Uint8Array
}

type LocatedBlock = Decoded<typeof LocatedBlockProto>

/** Beyond any file: asks for the locations of all blocks. */
const WHOLE_FILE_BYTES = Number.MAX_SAFE_INTEGER
const MIN_DIGEST_BUFFER_BYTES = 32
const CONNECT_TIMEOUT_MS = 10_000
/** Old blocks without stored sums are read in full by their datanode before it answers. */
const REPLY_TIMEOUT_MS = 60_000

/**
 * @param blockChecksum asks a datanode, as `askBlockChecksum`
 * @throws DfsError NOT_FOUND · IO when the file is still being written, or its blocks have different chunk sizes
 */
export async function fileChecksum(
  namenode: Pick<NamenodeCalls, 'getBlockLocations'>,
  path: string,
  blockChecksum: (block: LocatedBlock) => Promise<BlockChecksum>,
  signal?: AbortSignal,
): Promise<FileChecksum> {
  const request = { src: path, offset: 0, length: WHOLE_FILE_BYTES }
  const { locations } = await namenode.getBlockLocations(request, signal)
  if (locations === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  if (locations.underConstruction) {
    throw new DfsError('IO', `Fail to get checksum, since file ${path} is under construction.`)
  }
  const sums: BlockChecksum[] = []
  for (const block of locations.blocks) sums.push(await blockChecksum(block))
  return combineBlockChecksums(sums)
}

/** Pure: the file's checksum out of those of its blocks, in file order. An empty file has none of them. */
export function combineBlockChecksums(blocks: readonly BlockChecksum[]): FileChecksum {
  const first = blocks[0]
  // Hadoop digests its whole growing buffer: zeros up to a power of two behind the blocks' sums, 32 at least.
  let bufferBytes = MIN_DIGEST_BUFFER_BYTES
  while (bufferBytes < blocks.length * 16) bufferBytes *= 2
  const buffer = Buffer.alloc(bufferBytes)
  for (const [index, block] of blocks.entries()) {
    if (first !== undefined && block.bytesPerCrc !== first.bytesPerCrc) {
      throw new DfsError(
        'IO',
        `Byte-per-checksum not matched: bpc=${block.bytesPerCrc} but bytesPerCRC=${first.bytesPerCrc}`,
      )
    }
    buffer.set(block.md5, index * 16)
  }
  const md5 = createHash('md5').update(buffer).digest()
  const bytesPerCrc = first?.bytesPerCrc ?? 0
  const crcPerBlock = first !== undefined && blocks.length > 1 ? first.crcPerBlock : 0
  const head = Buffer.alloc(12)
  head.writeInt32BE(bytesPerCrc, 0)
  head.writeBigInt64BE(BigInt(crcPerBlock), 4)
  return {
    algorithm: `MD5-of-${crcPerBlock}MD5-of-${bytesPerCrc}${crcName(blocks)}`,
    bytes: Buffer.concat([head, md5]),
    md5,
  }
}

function crcName(blocks: readonly BlockChecksum[]): string {
  const types = new Set(blocks.map(({ crcType }) => crcType))
  if (types.size > 1) return 'MIXED'
  return types.has(ChecksumType.CRC32C) ? 'CRC32C' : 'CRC32'
}

/**
 * Asks one datanode after the other for the checksum of a block, until one answers.
 * @throws DfsError BLOCK_MISSING when none does
 */
export async function askBlockChecksum(
  block: LocatedBlock,
  seams: Pick<Seams, 'network' | 'clock'>,
  signal?: AbortSignal,
): Promise<BlockChecksum> {
  let failure: unknown
  for (const { id } of block.locs) {
    try {
      return await askDatanode({ host: id.ipAddr, port: id.xferPort }, block, seams, signal)
    } catch (error) {
      if (signal?.aborted === true) throw error
      failure = error
    }
  }
  const reason = failure === undefined ? 'it has no replicas' : toDfsError(failure).message
  throw new DfsError(
    'BLOCK_MISSING',
    `Fail to get block MD5 for blk_${block.b.blockId}: ${reason}`,
    {
      cause: failure,
    },
  )
}

async function askDatanode(
  address: { readonly host: string; readonly port: number },
  block: LocatedBlock,
  { network, clock }: Pick<Seams, 'network' | 'clock'>,
  signal: AbortSignal | undefined,
): Promise<BlockChecksum> {
  const { encodeBlockChecksum, readBlockOpResponse } = await import('../transfer/operations.js')
  const { SocketReader } = await import('../transfer/socket-reader.js')
  const socket = await network.connect(address, {
    timeoutMs: CONNECT_TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    const reader = new SocketReader(socket, { clock })
    socket.write(
      encodeBlockChecksum({
        header: { block: { ...block.b, numBytes: block.b.numBytes ?? 0 }, token: block.blockToken },
        blockChecksumOptions: { blockChecksumType: BlockChecksumType.MD5CRC },
      }),
    )
    const reply = await readBlockOpResponse(reader, REPLY_TIMEOUT_MS)
    const checksum = reply.checksumResponse
    if (reply.status !== Status.SUCCESS || checksum === undefined) {
      const text = reply.message ?? `status ${reply.status}`
      throw new DfsError('REMOTE', `${address.host}:${address.port} refused a checksum: ${text}`)
    }
    return {
      bytesPerCrc: checksum.bytesPerCrc,
      crcPerBlock: checksum.crcPerBlock,
      crcType: checksum.crcType ?? ChecksumType.CRC32,
      md5: Buffer.from(checksum.blockChecksum),
    }
  } finally {
    socket.destroy()
  }
}
