/**
 * CREATE and APPEND, second step: the body becomes the file, through the pipeline that every client uses. The file is at
 * its name from the first moment, as users of WebHDFS expect; our own upload face keeps it hidden until it is whole.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { afterRemoval } from '../../../shared/client/atomic-write.js'
import type { DfsClient } from '../../../shared/client/dfs-client.js'
import type { WritableFile } from '../../../shared/client/file-streams.js'
import { DfsError } from '../../../shared/errors.js'
import { createParameters } from '../../../shared/webhdfs/create-parameters.js'
import { encodePath } from '../../../shared/webhdfs/url.js'
import { received } from '../received.js'
import type { DataRequest } from './request.js'

/** An upload that is cut off leaves no file: half of one under the right name would be taken for the whole. */
export async function createFile(
  data: DataRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { client, path } = data
  refuseEncodedBody(request)
  const file = await client.create(path, createParameters(data.parameters))
  try {
    await receiveInto(file, request, reply)
  } catch (error) {
    await file.abort()
    throw await afterRemoval(error, path, () => removeUnfinished(client, path, file.fileId))
  }
  return reply
    .code(201)
    .header('location', `${client.fs}${encodePath(path)}`)
    .header('content-type', 'application/octet-stream')
    .send('')
}

/** What arrived before a break stays in the file, as in HDFS: an append is no transaction. */
export async function appendToFile(
  data: DataRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  refuseEncodedBody(request)
  const file = await data.client.append(data.path)
  try {
    await receiveInto(file, request, reply)
  } catch (error) {
    await file.close()
    throw error
  }
  return reply.header('content-type', 'application/octet-stream').send('')
}

async function receiveInto(
  file: WritableFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  // Only now: a client that waits for this word sends nothing when the file could not be opened.
  if (request.headers.expect !== undefined) reply.raw.writeContinue()
  // A sender that goes silent is cut off by the server (`bodyWindowMs`), which ends this loop.
  for await (const chunk of received<Buffer>(request.raw)) await file.write(chunk)
  await file.close()
}

/** Not one that somebody else has put there meanwhile. */
async function removeUnfinished(
  client: DfsClient,
  path: string,
  fileId: number | undefined,
): Promise<void> {
  const status = await client.statIfExists(path)
  if (status !== undefined && status.fileId === fileId) {
    await client.delete(path, { recursive: false })
  }
}

/** Never inflated: a small body could become a file of any size. */
function refuseEncodedBody(request: FastifyRequest): void {
  if (request.headers['content-encoding'] === undefined) return
  throw new DfsError('UNSUPPORTED_MEDIA_TYPE', 'bodies with a Content-Encoding are not accepted')
}
