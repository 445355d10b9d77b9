/** Quotas between Hadoop's numbers and ours (protocol reference 2.1, 2.5). */
import { DfsError } from '../../shared/errors.js'
import { StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import { QUOTA_STORAGE_TYPES, type QuotaStorageType } from '../../shared/quota-types.js'
import type { QuotaValue } from '../policy/quotas.js'
import type { QuotaUsage } from '../service/namespace/namespace-model.js'

const NO_QUOTA = -1
/** 2^63 - 1, which is no exact number here: keep what there is. Also how the root's limit of names reads. */
const MAX_LONG = 2 ** 63

/** What a number of `setQuota` asks for. */
export function quotaValue(value: number): QuotaValue {
  if (value === NO_QUOTA) return 'clear'
  return value >= MAX_LONG ? 'keep' : value
}

/** @throws DfsError ILLEGAL_ARGUMENT for types without quotas */
export function quotaStorageType(value: number): QuotaStorageType {
  const type = QUOTA_STORAGE_TYPES.find((it) => StorageTypeEnum[it] === value)
  if (type !== undefined) return type
  const name = Object.entries(StorageTypeEnum).find(([, number]) => number === value)?.[0] ?? value
  throw new DfsError('ILLEGAL_ARGUMENT', `Don't support Quota for storage type : ${name}`)
}

/** The fields that content summaries and quota usages share. */
export function quotaFields(usage: Omit<QuotaUsage, 'fileAndDirectoryCount'>, isRoot: boolean) {
  const { quota, spaceConsumedBytes, typeSpaceBytes: consumed } = usage
  const { names, spaceBytes, typeSpaceBytes } = quota
  const hasTypes = Object.keys(typeSpaceBytes).length > 0
  const typeQuotaInfo = QUOTA_STORAGE_TYPES.map((type) => ({
    type: StorageTypeEnum[type],
    quota: typeSpaceBytes[type] ?? NO_QUOTA,
    consumed: consumed[type] ?? 0,
  }))
  return {
    quota: names ?? (isRoot ? MAX_LONG : NO_QUOTA),
    spaceConsumed: spaceConsumedBytes,
    spaceQuota: spaceBytes ?? NO_QUOTA,
    ...(hasTypes ? { typeQuotaInfos: { typeQuotaInfo } } : {}),
  }
}
