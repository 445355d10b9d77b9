/** Who may speak in another's name (a gateway for its users): one rule for every face. Pure. */
import { DfsError } from '../../../shared/errors.js'
import type { Principal } from '../../../shared/principal.js'

/**
 * A superuser may act for everybody, a configured proxy for everybody but a superuser: otherwise the proxy's own rights
 * would mean nothing. (In HDFS an administrator has to exclude them by group.)
 */
export function mayImpersonate(
  real: Principal,
  impersonated: Principal,
  proxyUsers: readonly string[],
): boolean {
  return real.isSuperuser || (proxyUsers.includes(real.user) && !impersonated.isSuperuser)
}

/** @throws DfsError NOT_AUTHORIZED in Hadoop's words */
export function checkImpersonation(
  real: Principal,
  impersonated: Principal,
  proxyUsers: readonly string[],
): void {
  if (mayImpersonate(real, impersonated, proxyUsers)) return
  throw new DfsError(
    'NOT_AUTHORIZED',
    `User: ${real.user} is not allowed to impersonate ${impersonated.user}`,
  )
}
