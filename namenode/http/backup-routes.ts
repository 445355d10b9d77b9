/** A consistent copy of the namespace over HTTP, for superusers; what it is stands in a header, the body is the database. */
import { createReadStream } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BACKUP_HEADER } from '../../shared/backup-manifest.js'
import type { Audit } from '../service/access/audit.js'
import { audited } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { Backups } from '../service/backup/backups.js'
import { onceGone } from './gone.js'

export interface BackupRoutesOptions {
  readonly backups: Pick<Backups, 'make'>
  readonly audit: Pick<Audit, 'record'>
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

export function registerBackupRoutes(app: FastifyInstance, options: BackupRoutesOptions): void {
  app.get('/api/v1/backup', async (request, reply) => {
    const call = options.callOf(request)
    const about = { command: 'backup', isRead: true }
    const { path, manifest, release } = await audited(options.audit, call, about, () =>
      options.backups.make(call),
    )
    onceGone(reply, release)
    return reply
      .header(BACKUP_HEADER, JSON.stringify(manifest))
      .header('content-length', manifest.lengthBytes)
      .type('application/vnd.sqlite3')
      .send(createReadStream(path))
  })
}
