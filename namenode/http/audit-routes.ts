/** Who did what: the audit log and the busiest users, as JSON, for superusers (docs/audit.md). */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { singleParameters } from '../../shared/http/query.js'
import { checkSuperuser } from '../policy/permissions.js'
import { TOP_WINDOWS_MS } from '../policy/rolling-counts.js'
import { audited, auditedRead } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { NamenodeServices } from '../service/services.js'

export interface AuditRoutesOptions {
  readonly services: Pick<NamenodeServices, 'audit' | 'clock'>
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

interface AuditQuery {
  readonly user?: string
  readonly cmd?: string
  readonly path?: string
  readonly since?: string
  readonly limit?: string
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 10_000
/** As Hadoop's `dfs.namenode.top.num.users`. */
const TOP_USERS = 10

export function registerAuditRoutes(app: FastifyInstance, options: AuditRoutesOptions): void {
  const { audit, clock } = options.services
  app.get('/api/v1/audit', async (request) => {
    const call = options.callOf(request)
    const about = { command: 'audit', isRead: true }
    const operations = await audited(audit, call, about, () => {
      const query = authorized(request, call, 'audit')
      return audit.find({
        user: query.user,
        command: query.cmd,
        path: query.path,
        sinceMs: numberOf(query.since, 'since', Number.MAX_SAFE_INTEGER) ?? 0,
        limit: numberOf(query.limit, 'limit', MAX_LIMIT) ?? DEFAULT_LIMIT,
      })
    })
    return { operations }
  })
  app.get('/api/v1/top', (request) => {
    const call = options.callOf(request)
    auditedRead(audit, call, { command: 'top' }, () => authorized(request, call, 'top'))
    const nowMs = clock.monotonicMs()
    const windows = TOP_WINDOWS_MS.map((windowMs) => ({
      windowMs,
      commands: audit.counts.top(nowMs, windowMs, TOP_USERS),
    }))
    return { time: new Date(clock.wallMs()).toISOString(), windows }
  })
}

function authorized(request: FastifyRequest, { principal }: Call, operation: string): AuditQuery {
  checkSuperuser(principal, operation)
  return singleParameters(request.query)
}

function numberOf(text: string | undefined, name: string, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,16}$/.test(text) && value <= most) return value
  throw new DfsError('ILLEGAL_ARGUMENT', `${name} must be a number up to ${most}, not ${text}`)
}
