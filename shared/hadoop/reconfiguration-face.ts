/** The three calls of `dfsadmin -reconfig`, which namenode and datanode answer alike. */
import type { Reconfiguration } from '../config/reconfiguration.js'
import { rpcMethod } from './ipc-server.js'
import type { RpcContext } from './rpc-handler.js'
import { RECONFIGURATION_PROTOCOL } from './schema/reconfiguration.js'

/** @param requireAdministrator refuses callers by throwing; the operation is Apache's name of it */
export function reconfigurationFace(
  reconfiguration: Reconfiguration,
  requireAdministrator: (context: RpcContext, operation: string) => void,
) {
  return {
    startReconfiguration: rpcMethod(RECONFIGURATION_PROTOCOL.startReconfiguration, (_, context) => {
      requireAdministrator(context, 'startNamenodeReconfiguration')
      reconfiguration.run()
      return {}
    }),
    getReconfigurationStatus: rpcMethod(
      RECONFIGURATION_PROTOCOL.getReconfigurationStatus,
      (_, context) => {
        requireAdministrator(context, 'getNamenodeReconfigurationStatus')
        const { startedMs, endedMs, changes } = reconfiguration.status
        return {
          startTime: startedMs,
          ...(endedMs === 0 ? {} : { endTime: endedMs }),
          changes: changes.map(({ key, from, to, failure }) => ({
            name: key,
            oldValue: from,
            newValue: to,
            ...(failure === undefined ? {} : { errorMessage: failure }),
          })),
        }
      },
    ),
    listReconfigurableProperties: rpcMethod(
      RECONFIGURATION_PROTOCOL.listReconfigurableProperties,
      (_, context) => {
        requireAdministrator(context, 'listNamenodeReconfigurableProperties')
        return { name: reconfiguration.properties }
      },
    ),
  }
}
