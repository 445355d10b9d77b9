/** A consistent copy of the namespace over HTTP, for superusers; what it is stands in a header, the body is the database. */
import { createReadStream } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BACKUP_HEADER } from '../../shared/backup-manifest.js'
import { singleParameters } from '../../shared/http/query.js'
import type { Backups } from '../service/backups.js'
import type { Call } from '../service/call.js'
import { onceGone } from './gone.js'
import { checkUserParameter } from './user-parameter.js'

export interface BackupRoutesOptions {
  readonly backups: Pick<Backups, 'make'>
  /** Who a request without a name is. */
  readonly defaultUser: string
  readonly callOf: (request: FastifyRequest, user: string) => Call
}

export function registerBackupRoutes(app: FastifyInstance, options: BackupRoutesOptions): void {
  app.get('/api/v1/backup', async (request, reply) => {
    const query: { readonly 'user.name'?: string } = singleParameters(request.query)
    const user = checkUserParameter('user.name', query['user.name'] ?? options.defaultUser)
    const { path, manifest, release } = await options.backups.make(options.callOf(request, user))
    onceGone(reply, release)
    return reply
      .header(BACKUP_HEADER, JSON.stringify(manifest))
      .header('content-length', manifest.lengthBytes)
      .type('application/vnd.sqlite3')
      .send(createReadStream(path))
  })
}
