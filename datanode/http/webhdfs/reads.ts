/** OPEN and GETFILECHECKSUM, second step. */
import type { FastifyReply } from 'fastify'
import { DfsError } from '../../../shared/errors.js'
import { streamFile } from '../stream-file.js'
import type { DataRequest } from './request.js'

/** Apache's MD5MD5CRC32 checksums carry four bytes of padding that their length does not count. */
const CHECKSUM_PADDING = '00000000'

/** Streams verified bytes; a reply that cannot be finished is cut off, so that no reader takes it for the whole. */
export async function openFile(request: DataRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { client, path, parameters } = request
  const offsetBytes = parameters.long('offset', 0) ?? 0
  const wantedBytes = parameters.long('length', 0) ?? Number.MAX_SAFE_INTEGER
  const file = await client.open(path)
  if (offsetBytes > file.lengthBytes) {
    await file.close()
    const range = `[0, ${file.lengthBytes})`
    throw new DfsError('IO', `Offset=${offsetBytes} out of the range ${range}; OPEN, path=${path}`)
  }
  const lengthBytes = Math.min(wantedBytes, file.lengthBytes - offsetBytes)
  void reply
    .header('content-type', 'application/octet-stream')
    .header('x-content-type-options', 'nosniff')
    .header('content-length', lengthBytes)
  if (lengthBytes === 0 || reply.request.method === 'HEAD') {
    await file.close()
    return reply.send('')
  }
  return reply.send(streamFile(file, offsetBytes, lengthBytes))
}

/** The checksum that `hdfs dfs -checksum` prints, so that copies over different protocols can be compared. */
export async function fileChecksum(
  { client, path }: DataRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { algorithm, bytes } = await client.checksum(path)
  const checksum = {
    algorithm,
    bytes: `${bytes.toString('hex')}${CHECKSUM_PADDING}`,
    length: bytes.length,
  }
  return reply
    .header('cache-control', 'no-cache')
    .header('content-type', 'application/json')
    .send(JSON.stringify({ FileChecksum: checksum }))
}
