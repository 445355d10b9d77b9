/** `GET` and `HEAD` of a file: whole or one range, streamed from the replicas with every checksum verified on the way. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { type ByteRange, parseByteRange } from '../../shared/http/byte-range.js'
import { entityHeaders, entityTag } from '../../shared/http/entity-headers.js'
import { FILES_PREFIX } from '../../shared/http/file-url.js'
import { type FileServing, parseFileRequest } from './file-request.js'
import { streamFile } from './stream-file.js'

export function registerDownloadRoutes(app: FastifyInstance, serving: FileServing): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: `${FILES_PREFIX}/*`,
    exposeHeadRoute: false,
    handler: (request, reply) => getFile(request, reply, serving),
  })
}

async function getFile(
  request: FastifyRequest,
  reply: FastifyReply,
  serving: FileServing,
): Promise<FastifyReply> {
  const { client, path, query } = parseFileRequest(request, serving)
  const status = await client.stat(path)
  if (status.kind !== 'file') throw new DfsError('NOT_FOUND', `Path is not a file: ${path}`)
  const entity = { ...status, id: status.fileId }
  void reply.headers(entityHeaders(entity, query.download !== undefined))
  if (request.headers['if-none-match'] === entityTag(entity)) return reply.code(304).send()
  const range = requestedRange(request, reply, entityTag(entity), status.lengthBytes)
  const { offsetBytes, lengthBytes } = range ?? { offsetBytes: 0, lengthBytes: status.lengthBytes }
  if (range !== undefined) {
    const last = offsetBytes + lengthBytes - 1
    void reply
      .code(206)
      .header('content-range', `bytes ${offsetBytes}-${last}/${status.lengthBytes}`)
  }
  void reply.header('content-length', lengthBytes)
  if (request.method === 'HEAD' || lengthBytes === 0) return reply.send()
  const file = await client.open(path)
  return reply.send(streamFile(file, offsetBytes, lengthBytes))
}

/** A range under `If-Range` counts only while the file is still the one the client has the beginning of. */
function requestedRange(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  lengthBytes: number,
): ByteRange | undefined {
  const condition = request.headers['if-range']
  if (condition !== undefined && condition !== tag) return undefined
  try {
    return parseByteRange(request.headers.range, lengthBytes)
  } catch (error) {
    void reply.header('content-range', `bytes */${lengthBytes}`)
    throw error
  }
}
