/** What `dfsadmin`, `df`, monitors and balancers ask of a namenode, and delegation tokens (protocol reference 2.3, 2.5). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import {
  CorruptFileBlocksProto,
  DataEncryptionKeyProto,
  DatanodeInfoProto,
  StorageReportProto,
  TokenProto,
} from './hdfs.js'

export const DatanodeReportType = {
  ALL: 1,
  LIVE: 2,
  DEAD: 3,
  DECOMMISSIONING: 4,
  ENTERING_MAINTENANCE: 5,
  IN_MAINTENANCE: 6,
} as const
export const SafeModeAction = { LEAVE: 1, ENTER: 2, GET: 3, FORCE_EXIT: 4 } as const
export const OpenFilesType = { ALL: 1, BLOCKING_DECOMMISSION: 2 } as const
export const RollingUpgradeAction = { QUERY: 1, START: 2, FINALIZE: 3 } as const

export const DatanodeStorageReportProto = message('DatanodeStorageReportProto', {
  datanodeInfo: required(1, DatanodeInfoProto),
  storageReports: repeated(2, StorageReportProto),
})

export const OpenFilesBatchResponseProto = message('OpenFilesBatchResponseProto', {
  id: required(1, 'i64'),
  path: required(2, 'string'),
  clientName: required(3, 'string'),
  clientMachine: required(4, 'string'),
})

export const RollingUpgradeInfoProto = message('RollingUpgradeInfoProto', {
  status: required(
    1,
    message('RollingUpgradeStatusProto', {
      blockPoolId: required(1, 'string'),
      finalized: optional(2, 'bool'),
    }),
  ),
  startTime: required(2, 'u64'),
  finalizeTime: required(3, 'u64'),
  createdRollbackImages: required(4, 'bool'),
})

const nothing = { request: {}, response: {} } as const
const type = required(1, 'enum')
const count = (number: number) => required(number, 'u64')

export const CLUSTER_READ_METHODS = rpcMethods({
  getFsStats: {
    request: {},
    response: {
      capacity: count(1),
      used: count(2),
      remaining: count(3),
      under_replicated: count(4),
      corrupt_blocks: count(5),
      missing_blocks: count(6),
      missing_repl_one_blocks: optional(7, 'u64'),
      blocks_in_future: optional(8, 'u64'),
      pending_deletion_blocks: optional(9, 'u64'),
    },
  },
  getFsReplicatedBlockStats: {
    request: {},
    response: {
      low_redundancy: count(1),
      corrupt_blocks: count(2),
      missing_blocks: count(3),
      missing_repl_one_blocks: count(4),
      blocks_in_future: count(5),
      pending_deletion_blocks: count(6),
      highest_prio_low_redundancy_blocks: optional(7, 'u64'),
    },
  },
  getFsECBlockGroupStats: {
    request: {},
    response: {
      low_redundancy: count(1),
      corrupt_blocks: count(2),
      missing_blocks: count(3),
      blocks_in_future: count(4),
      pending_deletion_blocks: count(5),
      highest_prio_low_redundancy_blocks: optional(6, 'u64'),
    },
  },
  getDatanodeReport: { request: { type }, response: { di: repeated(1, DatanodeInfoProto) } },
  getDatanodeStorageReport: {
    request: { type },
    response: { datanodeStorageReports: repeated(1, DatanodeStorageReportProto) },
  },
  getSlowDatanodeReport: {
    request: {},
    response: { datanodeInfoProto: repeated(1, DatanodeInfoProto) },
  },
  listCorruptFileBlocks: {
    request: { path: required(1, 'string'), cookie: optional(2, 'string') },
    response: { corrupt: required(1, CorruptFileBlocksProto) },
  },
  /** Entries with an inode id above `id`. */
  listOpenFiles: {
    request: { id: required(1, 'i64'), types: repeated(2, 'enum'), path: optional(3, 'string') },
    response: {
      entries: repeated(1, OpenFilesBatchResponseProto),
      hasMore: required(2, 'bool'),
      types: repeated(3, 'enum'),
    },
  },
  msync: nothing,
  getHAServiceState: { request: {}, response: { state: required(1, 'enum') } },
  getDataEncryptionKey: {
    request: {},
    response: { dataEncryptionKey: optional(1, DataEncryptionKeyProto) },
  },
  getDelegationToken: {
    request: { renewer: required(1, 'string') },
    response: { token: optional(1, TokenProto) },
  },
  renewDelegationToken: {
    request: { token: required(1, TokenProto) },
    response: { newExpiryTime: required(1, 'u64') },
  },
  cancelDelegationToken: { request: { token: required(1, TokenProto) }, response: {} },
})

export const CLUSTER_ADMIN_METHODS = rpcMethods({
  /** The result tells whether safe mode is on now. */
  setSafeMode: {
    request: { action: required(1, 'enum'), checked: optional(2, 'bool') },
    response: { result: required(1, 'bool') },
  },
  saveNamespace: {
    request: { timeWindow: optional(1, 'u64'), txGap: optional(2, 'u64') },
    response: { saved: optional(1, 'bool') },
  },
  rollEdits: { request: {}, response: { newSegmentTxId: required(1, 'u64') } },
  restoreFailedStorage: {
    request: { arg: required(1, 'string') },
    response: { result: required(1, 'bool') },
  },
  refreshNodes: nothing,
  finalizeUpgrade: nothing,
  upgradeStatus: { request: {}, response: { upgradeFinalized: required(1, 'bool') } },
  rollingUpgrade: {
    request: { action: required(1, 'enum') },
    response: { rollingUpgradeInfo: optional(1, RollingUpgradeInfoProto) },
  },
  metaSave: { request: { filename: required(1, 'string') }, response: {} },
  setBalancerBandwidth: { request: { bandwidth: required(1, 'i64') }, response: {} },
})
