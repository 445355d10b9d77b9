/**
 * A line of the audit log, in the format of HDFS's FSNamesystem.audit, so that what reads theirs reads ours. Times are
 * UTC; an operation that failed for another reason than its caller's rights says so in a field of its own at the end.
 */

/** One operation of a client. */
export interface AuditedOperation {
  /** Wall time at which it was done. */
  readonly timeMs: number
  readonly user: string
  /** IP address. */
  readonly address: string
  /** As Apache names it: `getfileinfo`, `rename`. */
  readonly command: string
  readonly path: string | undefined
  /** Of a rename. */
  readonly target: string | undefined
  /** `owner:group:rw-r--r--` of what was made. */
  readonly permission: string | undefined
  /** Through which face it came: `rpc`, `webhdfs`, `http`, or `internal`. */
  readonly face: string
  /** `success`, or the code of the error. */
  readonly outcome: string
}

const MARK = ' INFO FSNamesystem.audit: '
const REFUSED = new Set(['PERMISSION_DENIED', 'NOT_AUTHORIZED', 'SNAPSHOT_READ_ONLY'])

/** Names of files may hold anything; a line and a field must not be divided by one. */
const needsEscape = /[\p{Cc}\\]/u
const escapable = /[\p{Cc}\\]/gu
const escaped = (text: string): string =>
  needsEscape.test(text)
    ? text.replace(escapable, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : text
const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\u([0-9a-f]{4})/g, (_whole, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text

/** `2026-11-21 21:32:20,123`, as log4j writes it. */
export function auditTime(isoTime: string): string {
  return `${isoTime.slice(0, 10)} ${isoTime.slice(11, 19)},${isoTime.slice(20, 23)}`
}

type Particulars = Omit<AuditedOperation, 'timeMs' | 'path' | 'target'>

/** What stands between the time and the path. */
export function auditHead({ user, address, command, outcome }: Particulars): string {
  const allowed = outcome === 'success' || !REFUSED.has(outcome)
  return `${MARK}allowed=${allowed}\tugi=${escaped(user)} (auth:SIMPLE)\tip=/${address}\tcmd=${command}\tsrc=`
}

/** What stands between the path and the target. */
export const AUDIT_TARGET = '\tdst='

/** What stands behind the target, with the end of the line. */
export function auditTail({ permission, face, outcome }: Particulars): string {
  const end = outcome === 'success' || REFUSED.has(outcome) ? '' : `\toutcome=${outcome}`
  return `\tperm=${permission ?? 'null'}\tproto=${face}${end}\n`
}

/** A path as it stands in a line. */
export const auditPath = (path: string | undefined): string =>
  path === undefined ? 'null' : escaped(path)

/** @param time by `auditTime`: operations of the same millisecond share it. @returns the line with its end */
export function formatAuditLine(operation: Omit<AuditedOperation, 'timeMs'>, time: string): string {
  const [source, target] = [auditPath(operation.path), auditPath(operation.target)]
  return `${time}${auditHead(operation)}${source}${AUDIT_TARGET}${target}${auditTail(operation)}`
}

/** The inverse; undefined for a line that is damaged, as the last one before a crash may be. */
export function parseAuditLine(line: string): AuditedOperation | undefined {
  const mark = line.indexOf(MARK)
  if (mark !== 23) return undefined
  const iso = `${line.slice(0, 10)}T${line.slice(11, 19)}.${line.slice(20, 23)}Z`
  const timeMs = Date.parse(iso)
  const fields = new Map<string, string>()
  for (const field of line.slice(mark + MARK.length).split('\t')) {
    const equals = field.indexOf('=')
    fields.set(field.slice(0, equals), field.slice(equals + 1))
  }
  const text = (name: string) => fields.get(name) ?? ''
  const orNone = (name: string) => (text(name) === 'null' ? undefined : unescaped(text(name)))
  const face = fields.get('proto')
  if (face === undefined || Number.isNaN(timeMs)) return undefined
  return {
    timeMs,
    user: unescaped(text('ugi').replace(/ \(auth:SIMPLE\)$/, '')),
    address: text('ip').slice(1),
    command: text('cmd'),
    path: orNone('src'),
    target: orNone('dst'),
    permission: orNone('perm'),
    face,
    outcome:
      fields.get('outcome') ?? (text('allowed') === 'true' ? 'success' : 'PERMISSION_DENIED'),
  }
}
