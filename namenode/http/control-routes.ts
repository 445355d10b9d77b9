/**
 * The routes that datanodes call, below /internal/v1: a schema, the cluster's token, one call of the control plane.
 * Nothing is coerced and nothing dropped: a wrong message is an answer of 400, not a guess.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Static, TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  BlockEventsRequest,
  CONTROL_PATHS,
  HeartbeatRequest,
  PeerRequest,
  RegisterRequest,
  ReportBucketsRequest,
  ReportDigestRequest,
} from '../../shared/control/messages.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { problemOf } from '../../shared/http/problem.js'
import type { Log } from '../../shared/log.js'
import type { ControlPlane } from '../service/nodes/control-plane.js'

const MEBIBYTE = 1024 * 1024
/** Room for what the schemas allow: 10,000 outcomes or events, 64 buckets of 4096 blocks, a million digests. */
const BODY_LIMITS = {
  small: MEBIBYTE,
  events: 16 * MEBIBYTE,
  buckets: 64 * MEBIBYTE,
  digests: 128 * MEBIBYTE,
} as const

export interface ControlRoutesOptions {
  readonly controlPlane: ControlPlane
  readonly clusterToken: string
  readonly log: Log
}

/** Adds the routes to a scope of their own: its hooks and error handler reach no other route. */
export function registerControlRoutes(app: FastifyInstance, options: ControlRoutesOptions): void {
  const { controlPlane } = options
  app.addHook('onRequest', async (request) => requireToken(request, options.clusterToken))
  app.setErrorHandler((thrown: Error & { statusCode?: number }, request, reply) => {
    const error = translate(thrown)
    if (error.code === 'INTERNAL') {
      options.log.error({ err: thrown, url: request.url }, 'control request failed')
    }
    const problem = problemOf(error)
    if (problem.status === 503) void reply.header('retry-after', '1')
    return reply
      .code(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify({ ...problem, message: problem.detail }))
  })

  for (const { path, bodyLimit, handle } of controlCalls(controlPlane)) {
    app.post(path, { bodyLimit }, async (request) => await handle(request.body))
  }
}

/** One of the calls, without its transport. */
export interface ControlCall {
  readonly path: string
  /** In bytes. */
  readonly bodyLimit: number
  /** @throws DfsError ILLEGAL_ARGUMENT for a body that is not as its schema, and what the control plane throws */
  readonly handle: (body: unknown) => Promise<unknown>
}

/** What datanodes may call: behind fastify here, behind a simulated network in `test/simulation`. */
export function controlCalls(controlPlane: ControlPlane): readonly ControlCall[] {
  const calls: ControlCall[] = []
  const route = <Schema extends TSchema>(
    path: string,
    schema: Schema,
    bodyLimit: number,
    handle: (body: Static<Schema>) => unknown,
  ) => {
    // Compiled with the first message: reports are long, and a start is short.
    let check: TypeCheck<Schema> | undefined
    const checked = async (body: unknown) => {
      check ??= TypeCompiler.Compile(schema)
      if (check.Check(body)) return await handle(body)
      const first = check.Errors(body).First()
      throw new DfsError(
        'ILLEGAL_ARGUMENT',
        `body${first?.path ?? ''}: ${first?.message ?? 'unclear'}`,
      )
    }
    calls.push({ path, bodyLimit, handle: checked })
  }
  const { small, events, buckets, digests } = BODY_LIMITS
  route(CONTROL_PATHS.register, RegisterRequest, small, (body) => controlPlane.register(body))
  route(CONTROL_PATHS.peer, PeerRequest, small, (body) => controlPlane.peer(body))
  route(CONTROL_PATHS.heartbeat, HeartbeatRequest, events, (body) => controlPlane.heartbeat(body))
  route(CONTROL_PATHS.blockEvents, BlockEventsRequest, events, (body) =>
    controlPlane.blockEvents(body),
  )
  route(CONTROL_PATHS.reportDigest, ReportDigestRequest, digests, (body) =>
    controlPlane.reportDigest(body),
  )
  route(CONTROL_PATHS.reportBuckets, ReportBucketsRequest, buckets, (body) =>
    controlPlane.reportBuckets(body),
  )
  return calls
}

/** Before the body is read: who has no token costs us nothing. */
function requireToken(request: FastifyRequest, clusterToken: string): void {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  // Digests have one length, so the comparison takes the same time whatever was sent.
  if (clusterToken === '' || !timingSafeEqual(digest(given), digest(clusterToken))) {
    throw new DfsError('UNAUTHENTICATED', 'the token of the cluster is missing or wrong')
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function translate(thrown: Error & { statusCode?: number }): DfsError {
  if (thrown instanceof DfsError) return thrown
  if (thrown.statusCode === 413) return new DfsError('TOO_LARGE', thrown.message, { cause: thrown })
  if (thrown.statusCode !== undefined && thrown.statusCode < 500) {
    return new DfsError('ILLEGAL_ARGUMENT', thrown.message, { cause: thrown })
  }
  return toDfsError(thrown)
}
