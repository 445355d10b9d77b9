/** What the WebHDFS routes of both servers have in common, whatever their operations are. */
import type { FastifyInstance } from 'fastify'
import { fromFastify } from '../http/problem.js'
import { guardWebAccess, type WebAccessRules } from '../http/web-access.js'
import type { Log } from '../log.js'
import { sendRemoteException } from './remote-exception.js'

/**
 * Makes a scope of fastify speak WebHDFS: rules for browsers, bodies left in the raw stream whatever their type says,
 * and failures as RemoteException documents. Parsers and error handler reach no route outside the scope.
 */
export function speakWebhdfs(app: FastifyInstance, webAccess: WebAccessRules, log: Log): void {
  guardWebAccess(app, webAccess)
  app.removeAllContentTypeParsers()
  // A client that waits for "100 Continue" sends its body only when somebody reads it.
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
  app.setErrorHandler((thrown: Error, request, reply) => {
    const error = fromFastify(thrown)
    if (error.code === 'INTERNAL') {
      log.error({ err: thrown, method: request.method, url: request.url }, 'webhdfs request failed')
    }
    return sendRemoteException(reply, error)
  })
}
