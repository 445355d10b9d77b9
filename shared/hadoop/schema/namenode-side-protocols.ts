/** The smaller protocols on a namenode's RPC port (protocol reference 1.7); all have version 1. */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'

export const HA_SERVICE_PROTOCOL_NAME = 'org.apache.hadoop.ha.HAServiceProtocol'
export const GET_USER_MAPPINGS_PROTOCOL_NAME = 'org.apache.hadoop.tools.GetUserMappingsProtocol'
export const REFRESH_USER_MAPPINGS_PROTOCOL_NAME =
  'org.apache.hadoop.security.RefreshUserMappingsProtocol'
export const REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME =
  'org.apache.hadoop.security.authorize.RefreshAuthorizationPolicyProtocol'
export const REFRESH_CALL_QUEUE_PROTOCOL_NAME = 'org.apache.hadoop.ipc.RefreshCallQueueProtocol'
export const GENERIC_REFRESH_PROTOCOL_NAME = 'org.apache.hadoop.ipc.GenericRefreshProtocol'
export const NAMENODE_PROTOCOL_NAME = 'org.apache.hadoop.hdfs.server.protocol.NamenodeProtocol'
export const PROTOCOL_META_INFO_NAME = 'org.apache.hadoop.ipc.ProtocolMetaInfoPB'

export const HaServiceState = { INITIALIZING: 0, ACTIVE: 1, STANDBY: 2, OBSERVER: 3 } as const

const nothing = { request: {}, response: {} } as const
const transition = {
  request: {
    reqInfo: required(
      1,
      message('HAStateChangeRequestInfoProto', { reqSource: required(1, 'enum') }),
    ),
  },
  response: {},
} as const

export const HA_SERVICE_PROTOCOL = rpcMethods({
  monitorHealth: nothing,
  getServiceStatus: {
    request: {},
    response: {
      state: required(1, 'enum'),
      readyToBecomeActive: optional(2, 'bool'),
      notReadyReason: optional(3, 'string'),
    },
  },
  transitionToActive: transition,
  transitionToStandby: transition,
  transitionToObserver: transition,
})

export const GET_USER_MAPPINGS_PROTOCOL = rpcMethods({
  getGroupsForUser: {
    request: { user: required(1, 'string') },
    response: { groups: repeated(1, 'string') },
  },
})

export const REFRESH_USER_MAPPINGS_PROTOCOL = rpcMethods({
  refreshUserToGroupsMappings: nothing,
  refreshSuperUserGroupsConfiguration: nothing,
})

export const REFRESH_AUTHORIZATION_POLICY_PROTOCOL = rpcMethods({ refreshServiceAcl: nothing })

export const REFRESH_CALL_QUEUE_PROTOCOL = rpcMethods({ refreshCallQueue: nothing })

export const GENERIC_REFRESH_PROTOCOL = rpcMethods({
  refresh: {
    request: { identifier: optional(1, 'string'), args: repeated(2, 'string') },
    response: {
      responses: repeated(
        1,
        message('GenericRefreshResponseProto', {
          exitStatus: optional(1, 'i32'),
          userMessage: optional(2, 'string'),
          senderName: optional(3, 'string'),
        }),
      ),
    },
  },
})

/** Old clients probe for methods with it; `methods` are hashes of Java signatures, so it is refused in practice. */
export const PROTOCOL_META_INFO = rpcMethods({
  getProtocolSignature: {
    request: { protocol: required(1, 'string'), rpcKind: required(2, 'string') },
    response: {
      protocolSignature: repeated(
        1,
        message('ProtocolSignatureProto', {
          version: required(1, 'u64'),
          methods: repeated(2, 'u32'),
        }),
      ),
    },
  },
})

/** What the balancer, the mover and a secondary namenode begin with; all of it is refused, so the fields do not matter. */
export const NAMENODE_PROTOCOL = rpcMethods({
  versionRequest: nothing,
  getBlocks: nothing,
  getBlockKeys: nothing,
  isUpgradeFinalized: nothing,
  isRollingUpgrade: nothing,
  getTransactionId: nothing,
  getMostRecentCheckpointTxId: nothing,
  getEditLogManifest: nothing,
  rollEditLog: nothing,
  getNextSPSPath: nothing,
})
