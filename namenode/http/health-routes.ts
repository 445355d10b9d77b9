/** For load balancers and people with curl: is the process there, and would the next write be accepted. */
import type { FastifyInstance } from 'fastify'
import type { NamenodeServices } from '../service/services.js'
import type { NamenodeMetrics } from './metrics.js'

export function registerHealthRoutes(
  app: FastifyInstance,
  { safeMode }: Pick<NamenodeServices, 'safeMode'>,
  metrics: NamenodeMetrics,
  failing: () => readonly string[],
): void {
  app.get('/healthz', (_request, reply) => {
    const failingLoops = failing()
    if (failingLoops.length === 0) return { status: 'ok' }
    return reply.code(503).send({ status: 'background work keeps failing', failingLoops })
  })
  app.get('/readyz', (_request, reply) => {
    const readiness = safeMode.readiness()
    if (readiness.kind === 'ready') return { ready: true }
    return reply.code(503).send({ ready: false, reason: readiness.reason })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}
