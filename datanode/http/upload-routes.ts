/** `PUT` of one file and multipart `POST` of many into a folder: what `curl -T` and a browser's form send. */
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { DfsError } from '../../shared/errors.js'
import { FILES_PREFIX } from '../../shared/http/file-url.js'
import { type FileRequest, type FileServing, parseFileRequest } from './file-request.js'
import { received } from './received.js'
import { discardUpload, publishUpload, storeUpload, type Upload } from './store-upload.js'
import { watchUpload } from './upload-watch.js'

/** Files in one form; a browser's folder upload may hold many. */
const MAX_FILES = 10_000
const MAX_FIELD_BYTES = 1024 * 1024

export async function registerUploadRoutes(
  app: FastifyInstance,
  serving: FileServing,
): Promise<void> {
  // @fastify/multipart cuts files at 1 MiB unless told otherwise.
  await app.register(multipart, {
    limits: { fileSize: Number.POSITIVE_INFINITY, files: MAX_FILES, fieldSize: MAX_FIELD_BYTES },
  })
  // The body of a PUT is the file, whatever its type; it stays in the raw stream. `multipart` has its own parser.
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  app.removeContentTypeParser('application/json')
  const url = `${FILES_PREFIX}/*`
  app.route({ method: 'PUT', url, handler: (request, reply) => putFile(request, reply, serving) })
  app.route({ method: 'POST', url, handler: (request, reply) => postForm(request, reply, serving) })
}

async function putFile(
  request: FastifyRequest,
  reply: FastifyReply,
  serving: FileServing,
): Promise<FastifyReply> {
  if (request.headers['content-encoding'] !== undefined) {
    throw new DfsError('UNSUPPORTED_MEDIA_TYPE', 'bodies with a Content-Encoding are not accepted')
  }
  const { client, path, query } = parseFileRequest(request, serving)
  const overwrite = query.overwrite !== 'false' && request.headers['if-none-match'] !== '*'
  const existed = await client.exists(path)
  if (existed && !overwrite) throw new DfsError('ALREADY_EXISTS', `${path} already exists`)
  const watch = watchUpload(request, serving.seams.clock)
  try {
    const upload = await storeUpload(client, request.raw, path, {
      random: serving.seams.random,
      signal: watch.signal,
    })
    await publishOrDiscard(client, upload, overwrite)
    return await reply.code(existed ? 200 : 201).send({ files: [describe(upload)] })
  } finally {
    watch.stop()
  }
}

async function postForm(
  request: FastifyRequest,
  reply: FastifyReply,
  serving: FileServing,
): Promise<FastifyReply> {
  if (!request.isMultipart()) {
    throw new DfsError(
      'UNSUPPORTED_MEDIA_TYPE',
      'POST takes a multipart/form-data body; use PUT for one file',
    )
  }
  const file = parseFileRequest(request, serving)
  const overwrite = file.query.overwrite === 'true'
  const watch = watchUpload(request, serving.seams.clock)
  const stored: Upload[] = []
  try {
    await storeParts(request, serving, file, { overwrite, signal: watch.signal, stored })
    // Names appear only when the whole form has arrived: a form cut off in the middle leaves no file at all.
    for (const upload of stored) await publishUpload(file.client, upload, overwrite)
  } catch (error) {
    for (const upload of stored) await discardUpload(file.client, upload.temporaryPath)
    throw error
  } finally {
    watch.stop()
  }
  if (stored.length === 0) throw new DfsError('ILLEGAL_ARGUMENT', 'the form holds no file')
  return await reply.code(201).send({ files: stored.map(describe) })
}

async function storeParts(
  request: FastifyRequest,
  serving: FileServing,
  { client, path }: FileRequest,
  form: { readonly overwrite: boolean; readonly signal: AbortSignal; readonly stored: Upload[] },
): Promise<void> {
  for await (const part of received(request.parts())) {
    if (part.type !== 'file') continue
    const target = `${path === '/' ? '' : path}/${fileNameOf(part.filename)}`
    if (form.stored.some((upload) => upload.path === target)) {
      throw new DfsError('CONFLICT', `the form holds two files named ${target}`)
    }
    if (!form.overwrite && (await client.exists(target))) {
      throw new DfsError('ALREADY_EXISTS', `${target} already exists`)
    }
    const { random } = serving.seams
    form.stored.push(await storeUpload(client, part.file, target, { random, signal: form.signal }))
  }
}

async function publishOrDiscard(
  client: DfsClient,
  upload: Upload,
  overwrite: boolean,
): Promise<void> {
  try {
    await publishUpload(client, upload, overwrite)
  } catch (error) {
    await discardUpload(client, upload.temporaryPath)
    throw error
  }
}

/** The last component of what the browser calls the file: some send whole paths, also with backslashes. */
function fileNameOf(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  if (name === '' || name === '.' || name === '..') {
    throw new DfsError(
      'INVALID_PATH',
      `Invalid path name: a file of the form is named "${fileName}"`,
    )
  }
  return name
}

function describe(upload: Upload): object {
  return { path: upload.path, lengthBytes: upload.lengthBytes }
}
