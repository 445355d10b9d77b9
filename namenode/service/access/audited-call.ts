/** Calls that are not about the namespace have their line in the audit log as well. */
import { toDfsError } from '../../../shared/errors.js'
import type { Audit } from './audit.js'
import type { Call } from './call.js'

export interface AuditedCall {
  /** As Apache names it: `safemode_enter`, `refreshNodes`. */
  readonly command: string
  readonly path?: string
  /** It changes nothing. */
  readonly isRead?: boolean
}

/** Runs `work` and leaves a line of it, however it ends. */
export async function audited<T>(
  audit: Pick<Audit, 'record'>,
  { principal, clientAddress, face }: Call,
  { command, path, isRead = false }: AuditedCall,
  work: () => T | Promise<T>,
): Promise<T> {
  const record = (outcome: string) =>
    audit.record(
      {
        user: principal.user,
        address: clientAddress,
        command,
        path,
        target: undefined,
        permission: undefined,
        face: face ?? 'internal',
        outcome,
      },
      isRead,
    )
  try {
    const result = await work()
    record('success')
    return result
  } catch (error) {
    record(toDfsError(error).code)
    throw error
  }
}
