/**
 * Calls wait until it is known who their caller is: groups may have to be asked for (`permission.groups-command`). Whether a
 * proxy may speak for somebody depends on the groups of both, so each call asks again what its connection was asked
 * before they were known, or before they changed.
 */
import type { AnyRpcHandler, RpcContext, RpcProtocols } from '../../shared/hadoop/rpc-handler.js'
import { checkImpersonation, mayImpersonate } from '../service/access/impersonation.js'
import type { NamenodeServices } from '../service/services.js'

type CallerRules = Pick<NamenodeServices, 'principals' | 'access'>

export function withKnownCallers(protocols: RpcProtocols, rules: CallerRules): RpcProtocols {
  const wait = (handler: AnyRpcHandler): AnyRpcHandler => ({
    ...handler,
    handle: (request, context) => {
      const { user, realUser } = context
      const learning =
        realUser === undefined ? rules.principals.know(user) : knowBoth(rules, realUser, user)
      // Nothing to learn, nothing to wait for: an ordinary call pays nothing for this.
      if (learning === undefined) return allowed(handler, request, context, rules)
      return learning.then(() => allowed(handler, request, context, rules))
    },
  })
  const all = Object.entries(protocols).map(([name, methods]) => [
    name,
    Object.fromEntries(Object.entries(methods).map(([method, it]) => [method, wait(it)])),
  ])
  return Object.fromEntries(all)
}

/** For a connection that says for whom it speaks. True too while the groups are not known: then its calls are refused. */
export function mayConnectFor({ principals, access }: CallerRules) {
  return (realUser: string, user: string): boolean =>
    knowBoth({ principals }, realUser, user) !== undefined ||
    mayImpersonate(principals.principal(realUser), principals.principal(user), access.proxyUsers)
}

function knowBoth(
  { principals }: Pick<CallerRules, 'principals'>,
  realUser: string,
  user: string,
): Promise<unknown> | undefined {
  const learning = [principals.know(realUser), principals.know(user)]
  return learning.every((it) => it === undefined) ? undefined : Promise.all(learning)
}

function allowed(
  handler: AnyRpcHandler,
  request: never,
  context: RpcContext,
  { principals, access }: CallerRules,
): unknown {
  const { user, realUser } = context
  if (realUser !== undefined) {
    const [real, impersonated] = [principals.principal(realUser), principals.principal(user)]
    checkImpersonation(real, impersonated, access.proxyUsers)
  }
  return handler.handle(request, context)
}
