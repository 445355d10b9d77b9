/** How a call becomes a line of the audit log: here alone, whether it is about the namespace or about anything else. */
import { toDfsError } from '../../../shared/errors.js'
import type { Audit } from './audit.js'
import type { Call } from './call.js'

export interface AuditedCall {
  /** As Apache names it: `safemode_enter`, `refreshNodes`. */
  readonly command: string
  readonly path?: string | undefined
  readonly target?: string | undefined
  /** It changes nothing. */
  readonly isRead?: boolean
}

type Recorder = Pick<Audit, 'record'>

/**
 * Runs `work` and leaves a line of it, however it ends.
 * @param madeBy owner, group and mode of what was made, from the result
 */
export async function audited<T>(
  audit: Recorder,
  call: Call,
  about: AuditedCall,
  work: () => T | Promise<T>,
  madeBy?: (result: T) => string,
): Promise<T> {
  try {
    const result = await work()
    record(audit, call, about, 'success', madeBy?.(result))
    return result
  } catch (error) {
    record(audit, call, about, toDfsError(error).code)
    throw error
  }
}

/** The same for a read that is over when it returns: the namespace answers without a turn of the event loop. */
export function auditedRead<T>(audit: Recorder, call: Call, about: AuditedCall, work: () => T): T {
  try {
    const result = work()
    record(audit, call, about, 'success', undefined, true)
    return result
  } catch (error) {
    record(audit, call, about, toDfsError(error).code, undefined, true)
    throw error
  }
}

/** Leaves a line of what is refused alone: what `work` does when it is allowed has a line of its own. */
export function auditedRefusal<T>(
  audit: Recorder,
  call: Call,
  about: AuditedCall,
  work: () => T,
): T {
  try {
    return work()
  } catch (error) {
    record(audit, call, about, toDfsError(error).code)
    throw error
  }
}

function record(
  audit: Recorder,
  { principal, clientAddress, face }: Call,
  { command, path, target, isRead: isNamedRead = false }: AuditedCall,
  outcome: string,
  permission?: string,
  isRead = isNamedRead,
): void {
  audit.record(
    {
      user: principal.user,
      address: clientAddress,
      command,
      path,
      target,
      permission,
      face: face ?? 'internal',
      outcome,
    },
    isRead,
  )
}
