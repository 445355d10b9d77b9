/** ReconfigurationProtocol of a namenode; a datanode has the same calls in ClientDatanodeProtocol (`dfsadmin -reconfig`). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'

export const RECONFIGURATION_PROTOCOL_NAME =
  'org.apache.hadoop.hdfs.protocol.ReconfigurationProtocol'

export const RECONFIGURATION_METHODS = {
  /** Times are wall time in milliseconds; no task has run when `startTime` is 0. */
  getReconfigurationStatus: {
    request: {},
    response: {
      startTime: required(1, 'i64'),
      endTime: optional(2, 'i64'),
      changes: repeated(
        3,
        message('GetReconfigurationStatusConfigChangeProto', {
          name: required(1, 'string'),
          oldValue: required(2, 'string'),
          newValue: optional(3, 'string'),
          errorMessage: optional(4, 'string'),
        }),
      ),
    },
  },
  startReconfiguration: { request: {}, response: {} },
  listReconfigurableProperties: { request: {}, response: { name: repeated(1, 'string') } },
} as const

export const RECONFIGURATION_PROTOCOL = rpcMethods(RECONFIGURATION_METHODS)
