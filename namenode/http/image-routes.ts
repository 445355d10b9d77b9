/**
 * Where Hadoop's tools fetch an image of the namespace (`dfsadmin -fetchImage`, a secondary namenode). The namespace is a
 * database here and no such image, so they are told what to do instead; they print the reason of the status line.
 */
import type { FastifyInstance } from 'fastify'

const REASON =
  'There is no fsimage: the namespace is a database, which dfs backup copies while the cluster runs'

export function registerImageRoutes(app: FastifyInstance): void {
  app.get('/imagetransfer', (_request, reply) => {
    reply.raw.statusMessage = REASON
    return reply.code(501).type('text/plain; charset=utf-8').send(`${REASON}\n`)
  })
}
