/** Questions in SQL over HTTP, for superusers (docs/sql.md). */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { guardWebAccess, type WebAccessRules } from '../../shared/http/web-access.js'
import { checkSuperuser } from '../policy/permissions.js'
import type { Audit } from '../service/access/audit.js'
import { audited } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { SqlQueries } from '../service/sql/sql-queries.js'
import { signalOfGone } from './gone.js'

export interface SqlRoutesOptions {
  readonly queries: SqlQueries
  readonly audit: Pick<Audit, 'record'>
  readonly webAccess: WebAccessRules
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

const DEFAULT_ROWS = 1000
const MAX_ROWS = 100_000
const DEFAULT_TIME_LIMIT_MS = 30_000
const MAX_TIME_LIMIT_MS = 300_000
const MAX_SQL_CHARACTERS = 64 * 1024

/** Adds the route to a scope of its own. */
export function registerSqlRoutes(app: FastifyInstance, options: SqlRoutesOptions): void {
  const { queries, audit, webAccess, callOf } = options
  guardWebAccess(app, webAccess)
  app.addHook('preClose', async () => queries.close())
  app.post('/api/v1/sql', async (request, reply) => {
    const call = callOf(request)
    return await audited(audit, call, { command: 'sql', isRead: true }, () => {
      checkSuperuser(call.principal, 'sql')
      const { sql, ...limits } = questionOf(request.body)
      return queries.ask(sql, limits, signalOfGone(reply))
    })
  })
}

function questionOf(body: unknown) {
  const fields: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {}
  const { sql } = fields
  if (typeof sql !== 'string' || sql.length > MAX_SQL_CHARACTERS) {
    const text = `sql must be a statement of at most ${MAX_SQL_CHARACTERS} characters`
    throw new DfsError('ILLEGAL_ARGUMENT', text)
  }
  return {
    sql,
    maxRows: numberOf(fields, 'maxRows', DEFAULT_ROWS, MAX_ROWS),
    timeLimitMs: numberOf(fields, 'timeLimitMs', DEFAULT_TIME_LIMIT_MS, MAX_TIME_LIMIT_MS),
  }
}

function numberOf(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  otherwise: number,
  most: number,
): number {
  const value = fields[name] ?? otherwise
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most) {
    return value
  }
  throw new DfsError('ILLEGAL_ARGUMENT', `${name} must be a number from 1 to ${most}`)
}
