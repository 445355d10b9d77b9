/** From the circumstances of a remote call to those of a call of the service. */
import type { RpcContext } from '../../shared/hadoop/ipc-server.js'
import { checkSuperuser } from '../policy/permissions.js'
import type { Call } from '../service/access/call.js'
import type { Principals } from '../service/access/principals.js'

/** Hex digits of the 16 bytes that a client chooses; others take no part in the protection against repetition. */
const CLIENT_ID_DIGITS = 32

/** Those who may not speak in another's name have been refused already (known-callers.ts). */
export function callOf(context: RpcContext, principals: Principals): Call {
  return {
    principal: principals.principal(context.user),
    requestId: undefined,
    clientAddress: context.clientAddress,
    localAddress: context.localAddress,
    localPort: context.localPort,
    face: 'rpc',
  }
}

/** As `callOf`, for the calls that a client may repeat after a lost reply and that must not happen twice (1.6). */
export function protectedCallOf(context: RpcContext, principals: Principals): Call {
  const call = callOf(context, principals)
  const { clientId, callId } = context
  const isNamed = clientId.length === CLIENT_ID_DIGITS && callId >= 0
  return isNamed ? { ...call, requestId: { clientId, callId } } : call
}

/** @throws DfsError PERMISSION_DENIED in Hadoop's words */
export function requireSuperuser(call: Call, operation: string): void {
  checkSuperuser(call.principal, operation)
}
