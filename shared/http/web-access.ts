/**
 * What browsers may do on behalf of pages of other sites: nothing that changes anything, unless the settings name the
 * site. Programs send no Origin and are not concerned.
 */
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DfsError } from '../errors.js'

export interface WebAccessRules {
  /** Origins such as `https://portal.example` whose pages may read and write; `*` is every site. */
  readonly corsOrigins: readonly string[]
  /** A header that changes from browsers must carry, with any value; empty asks for none. */
  readonly csrfHeader: string
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** How HDFS tells a browser from a program. */
const BROWSER = /^(Mozilla|Opera)/
const PREFLIGHT_SECONDS = '1800'

/** Adds the rules to every route of `app`. */
export function guardWebAccess(app: FastifyInstance, rules: WebAccessRules): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isAllowed(request.headers.origin, rules)) allow(request, reply, rules)
    else refuseForeignChange(request)
    requireCsrfHeader(request, rules)
  })
}

/**
 * For a GET that changes something, as some tools of Hadoop have it: a page of any site can make a browser send one (an
 * image is enough), and it comes without an Origin.
 */
export function refuseBrowsers(request: FastifyRequest): void {
  if (!isBrowser(request)) return
  throw new DfsError('PERMISSION_DENIED', 'changes by GET are not accepted from browsers')
}

function isBrowser(request: FastifyRequest): boolean {
  return BROWSER.test(request.headers['user-agent'] ?? '')
}

function isAllowed(origin: string | undefined, { corsOrigins }: WebAccessRules): boolean {
  return origin !== undefined && (corsOrigins.includes('*') || corsOrigins.includes(origin))
}

function allow(request: FastifyRequest, reply: FastifyReply, { csrfHeader }: WebAccessRules): void {
  void reply
    .header('access-control-allow-origin', request.headers.origin)
    .header('vary', 'Origin')
    .header('access-control-expose-headers', 'Location')
  if (request.method !== 'OPTIONS') return
  const headers = ['Content-Type', 'X-Requested-With', csrfHeader].filter((it) => it !== '')
  void reply
    .header('access-control-allow-methods', 'GET, HEAD, PUT, POST, DELETE')
    .header('access-control-allow-headers', headers.join(', '))
    .header('access-control-max-age', PREFLIGHT_SECONDS)
}

/**
 * A page of another site may make a browser send a form here; its Origin then differs from the Host it sends to. Where
 * both are the same, somebody may have pointed a name of theirs at our address after the browser loaded their page (DNS
 * rebinding): changes are accepted from pages at an address, which cannot be pointed anywhere, and at this machine's
 * own name. Pages served by another name are named in the settings. Programs send no Origin and may use any name; reads
 * cannot be told apart, since browsers send no Origin with them.
 */
function refuseForeignChange(request: FastifyRequest): void {
  const { origin, host } = request.headers
  if (SAFE_METHODS.has(request.method) || origin === undefined) return
  if (origin === `http://${host}` && URL.canParse(origin) && isOwnName(new URL(origin).hostname))
    return
  throw new DfsError('PERMISSION_DENIED', `requests from pages of ${origin} are not accepted`)
}

function isOwnName(name: string): boolean {
  const own = hostname().toLowerCase()
  const isAddress = isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  return isAddress || name === 'localhost' || name === own || name === own.split('.')[0]
}

function requireCsrfHeader(request: FastifyRequest, { csrfHeader }: WebAccessRules): void {
  if (csrfHeader === '' || SAFE_METHODS.has(request.method)) return
  if (!isBrowser(request) || request.headers[csrfHeader.toLowerCase()] !== undefined) return
  throw new DfsError(
    'JAVA_ILLEGAL_ARGUMENT',
    'Missing Required Header for CSRF Vulnerability Protection',
  )
}
