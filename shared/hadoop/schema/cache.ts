/** Centralized cache pools and directives (protocol reference 2.5, end). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'

export const CacheDirectiveInfoProto = message('CacheDirectiveInfoProto', {
  id: optional(1, 'i64'),
  path: optional(2, 'string'),
  replication: optional(3, 'u32'),
  pool: optional(4, 'string'),
  expiration: optional(
    5,
    message('CacheDirectiveInfoExpirationProto', {
      millis: required(1, 'i64'),
      isRelative: required(2, 'bool'),
    }),
  ),
})

export const CacheDirectiveEntryProto = message('CacheDirectiveEntryProto', {
  info: required(1, CacheDirectiveInfoProto),
  stats: required(
    2,
    message('CacheDirectiveStatsProto', {
      bytesNeeded: required(1, 'i64'),
      bytesCached: required(2, 'i64'),
      filesNeeded: required(3, 'i64'),
      filesCached: required(4, 'i64'),
      hasExpired: required(5, 'bool'),
    }),
  ),
})

export const CachePoolInfoProto = message('CachePoolInfoProto', {
  poolName: optional(1, 'string'),
  ownerName: optional(2, 'string'),
  groupName: optional(3, 'string'),
  mode: optional(4, 'i32'),
  limit: optional(5, 'i64'),
  maxRelativeExpiry: optional(6, 'i64'),
  defaultReplication: optional(7, 'u32'),
})

export const CachePoolEntryProto = message('CachePoolEntryProto', {
  info: required(1, CachePoolInfoProto),
  stats: required(
    2,
    message('CachePoolStatsProto', {
      bytesNeeded: required(1, 'i64'),
      bytesCached: required(2, 'i64'),
      bytesOverlimit: required(3, 'i64'),
      filesNeeded: required(4, 'i64'),
      filesCached: required(5, 'i64'),
    }),
  ),
})

const directive = { info: required(1, CacheDirectiveInfoProto), cacheFlags: optional(2, 'u32') }
const pool = { request: { info: required(1, CachePoolInfoProto) }, response: {} } as const

export const CACHE_METHODS = rpcMethods({
  addCacheDirective: { request: directive, response: { id: required(1, 'i64') } },
  modifyCacheDirective: { request: directive, response: {} },
  removeCacheDirective: { request: { id: required(1, 'i64') }, response: {} },
  listCacheDirectives: {
    request: { prevId: required(1, 'i64'), filter: required(2, CacheDirectiveInfoProto) },
    response: { elements: repeated(1, CacheDirectiveEntryProto), hasMore: required(2, 'bool') },
  },
  addCachePool: pool,
  modifyCachePool: pool,
  removeCachePool: { request: { poolName: required(1, 'string') }, response: {} },
  listCachePools: {
    request: { prevPoolName: required(1, 'string') },
    response: { entries: repeated(1, CachePoolEntryProto), hasMore: required(2, 'bool') },
  },
})
