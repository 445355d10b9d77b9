/**
 * One uploaded file, from a stream of unknown length to a name in the namespace. The bytes go to a temporary name
 * beside the target and are renamed when they are durable: an upload that is cut off leaves nothing under its name.
 */
import type { Readable } from 'node:stream'
import { afterRemoval } from '../../shared/client/atomic-write.js'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import type { Random } from '../../shared/random.js'
import { received } from './received.js'

export interface Upload {
  readonly temporaryPath: string
  readonly path: string
  readonly lengthBytes: number
}

/** Marks unfinished uploads, as the shells of HDFS do; the random part keeps two uploads of one name apart. */
const TEMPORARY_SUFFIX = '._COPYING_'

/**
 * Stores `source` durably under a temporary name beside `path`. On any failure (also of the source: a client that went
 * away) the temporary file is removed and the failure is thrown.
 */
export async function storeUpload(
  client: DfsClient,
  source: Readable,
  path: string,
  seams: { readonly random: Random; readonly signal: AbortSignal },
): Promise<Upload> {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const temporaryPath = `${folder}/.upload-${seams.random.bytes(8).toString('hex')}${TEMPORARY_SUFFIX}`
  const writer = await client.create(temporaryPath, { overwrite: false, createParent: false })
  let lengthBytes = 0
  try {
    for await (const chunk of received(source)) {
      seams.signal.throwIfAborted()
      await writer.write(chunk as Buffer)
      lengthBytes += (chunk as Buffer).length
    }
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw await afterRemoval(error, temporaryPath, () => discardUpload(client, temporaryPath))
  }
  return { temporaryPath, path, lengthBytes }
}

/** Gives a stored upload its name. @throws DfsError ALREADY_EXISTS unless `overwrite` */
export async function publishUpload(
  client: DfsClient,
  upload: Upload,
  overwrite: boolean,
): Promise<void> {
  await client.renameStrictly(upload.temporaryPath, upload.path, { overwrite })
}

/** Removes a temporary file; gone already is fine. */
export async function discardUpload(client: DfsClient, temporaryPath: string): Promise<void> {
  await client.delete(temporaryPath, { recursive: false })
}
