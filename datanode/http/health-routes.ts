/** For load balancers, Prometheus and people with curl: is the node there, does its namenode know it, what does it do. */
import type { FastifyInstance } from 'fastify'
import type { DatanodeHealth } from './health.js'
import { DatanodeMetrics } from './metrics.js'

export function registerHealthRoutes(app: FastifyInstance, health: () => DatanodeHealth): void {
  const metrics = new DatanodeMetrics(health)
  app.get('/healthz', (_request, reply) => {
    const { failedVolumes, failingLoops, volumes } = health()
    const isUsable = volumes.some((it) => !it.hasFailed)
    const isWorking = failingLoops.length === 0
    const status = !isUsable
      ? 'no usable volume'
      : isWorking
        ? 'ok'
        : 'background work keeps failing'
    return reply
      .code(isUsable && isWorking ? 200 : 503)
      .send({ status, failedVolumes, failingLoops, pid: process.pid })
  })
  app.get('/readyz', (_request, reply) => {
    const { isRegistered } = health()
    if (isRegistered) return { ready: true }
    return reply.code(503).send({ ready: false, reason: 'not registered with the namenode' })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}
