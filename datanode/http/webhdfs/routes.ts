/** WebHDFS on the datanode: the second step of the operations that move bytes, each with a ticket of the namenode. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebAccessRules } from '../../../shared/http/web-access.js'
import type { DataOperation } from '../../../shared/webhdfs/data-step.js'
import { webhdfsArgumentError } from '../../../shared/webhdfs/remote-exception.js'
import { speakWebhdfs } from '../../../shared/webhdfs/scope.js'
import { WEBHDFS_PREFIX } from '../../../shared/webhdfs/url.js'
import type { FileServing } from '../file-request.js'
import { fileChecksum, openFile } from './reads.js'
import { type DataRequest, parseDataRequest } from './request.js'
import { appendToFile, createFile } from './writes.js'

type Handler = (
  data: DataRequest,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply>

const OPERATIONS: Readonly<Record<DataOperation, readonly [method: string, run: Handler]>> = {
  OPEN: ['GET', (data, _request, reply) => openFile(data, reply)],
  GETFILECHECKSUM: ['GET', (data, _request, reply) => fileChecksum(data, reply)],
  CREATE: ['PUT', createFile],
  APPEND: ['POST', appendToFile],
}

/** Adds the routes to a scope of their own: its parsers and error handler reach no other route. */
export function registerWebhdfsRoutes(
  app: FastifyInstance,
  serving: FileServing,
  webAccess: WebAccessRules,
): void {
  speakWebhdfs(app, webAccess, serving.seams.log)
  app.options(`${WEBHDFS_PREFIX}/*`, (_request, reply) =>
    reply.header('allow', 'OPTIONS,HEAD,POST,GET,PUT').send(),
  )
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'POST'],
    url: `${WEBHDFS_PREFIX}/*`,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const data = parseDataRequest(request, serving)
      const name = data.parameters.text('op')
      const operation = Object.entries(OPERATIONS).find(([it]) => it === name?.toUpperCase())
      const method = request.method === 'HEAD' ? 'GET' : request.method
      if (operation === undefined || operation[1][0] !== method) {
        throw webhdfsArgumentError(
          `Invalid value for webhdfs parameter "op": ${name} is not a valid ${method} operation.`,
        )
      }
      return await operation[1][1](data, request, reply)
    },
  })
}
