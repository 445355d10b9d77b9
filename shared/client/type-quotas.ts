/** Quotas by type of storage, from their message. */
import type { Decoded } from '../hadoop/message.js'
import { StorageTypeEnum, type StorageTypeQuotaInfosProto } from '../hadoop/schema/hdfs.js'
import type { TypeQuota } from './client-options.js'

/** @param infos absent when no type has a limit */
export function typeQuotasOf(
  infos: Decoded<typeof StorageTypeQuotaInfosProto> | undefined,
): TypeQuota[] {
  return (infos?.typeQuotaInfo ?? []).flatMap(({ type, quota, consumed }) => {
    const storageType = Object.entries(StorageTypeEnum).find(([, it]) => it === type)?.[0]
    if (storageType === undefined) return []
    return [{ storageType, quotaBytes: quota < 0 ? undefined : quota, consumedBytes: consumed }]
  })
}
