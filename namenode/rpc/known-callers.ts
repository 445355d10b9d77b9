/** Calls wait until it is known who their caller is: groups may have to be asked for (`permission.groups-command`). */
import type { AnyRpcHandler, RpcProtocols } from '../../shared/hadoop/rpc-handler.js'
import type { Principals } from '../service/principals.js'

export function withKnownCallers(protocols: RpcProtocols, principals: Principals): RpcProtocols {
  const wait = (handler: AnyRpcHandler): AnyRpcHandler => ({
    ...handler,
    handle: (request, context) => {
      const learning = principals.know(context.user)
      // Nothing to learn, nothing to wait for: an ordinary call pays nothing for this.
      if (learning === undefined) return handler.handle(request, context)
      return learning.then(() => handler.handle(request, context))
    },
  })
  const all = Object.entries(protocols).map(([name, methods]) => [
    name,
    Object.fromEntries(Object.entries(methods).map(([method, it]) => [method, wait(it)])),
  ])
  return Object.fromEntries(all)
}
