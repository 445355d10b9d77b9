/** Failures on our own HTTP faces: problem documents (RFC 9457) with the code of the one error table. */
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { DfsError, type ErrorCode, toDfsError } from '../errors.js'
import type { Log } from '../log.js'

export interface Problem {
  readonly type: string
  readonly title: ErrorCode
  readonly status: number
  readonly detail: string
  /** What a program branches on; the same as `title`. */
  readonly code: ErrorCode
}

/** Messages of our own bugs stay in the log: they may name files, SQL or memory. */
export function problemOf(error: DfsError): Problem {
  const { code } = error
  return {
    type: 'about:blank',
    title: code,
    status: error.row.httpStatus,
    detail: code === 'INTERNAL' ? 'internal error' : error.message,
    code,
  }
}

export function sendProblem(reply: FastifyReply, error: DfsError): FastifyReply {
  const problem = problemOf(error)
  if (problem.status === 503) void reply.header('retry-after', '1')
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** Makes every failure of `app`'s routes, and every unknown route, a problem document. */
export function installProblemReplies(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((thrown: FastifyError | DfsError | Error, request, reply) => {
    const error = fromFastify(thrown)
    if (error.code === 'INTERNAL') {
      log.error({ err: thrown, method: request.method, url: request.url }, 'http request failed')
    }
    return sendProblem(reply, error)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new DfsError('NOT_FOUND', `no such resource: ${request.method} ${request.url}`),
    ),
  )
}

/** fastify's own refusals (bad JSON, body too large, wrong media type) carry a status; keep its meaning. */
export function fromFastify(thrown: FastifyError | DfsError | Error): DfsError {
  if (thrown instanceof DfsError) return thrown
  if ('statusCode' in thrown && typeof thrown.statusCode === 'number' && thrown.statusCode < 500) {
    const code = CODE_BY_STATUS[thrown.statusCode] ?? 'ILLEGAL_ARGUMENT'
    return new DfsError(code, thrown.message, { cause: thrown })
  }
  return toDfsError(thrown)
}

const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  416: 'RANGE_NOT_SATISFIABLE',
}
