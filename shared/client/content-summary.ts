/** Content summaries, from their message. */
import type { Decoded } from '../hadoop/message.js'
import {
  type ContentSummaryProto,
  type QuotaUsageProto,
  StorageTypeEnum,
  type StorageTypeQuotaInfosProto,
} from '../hadoop/schema/hdfs.js'
import type { ContentSummary, QuotaUsage, TypeQuota } from './client-options.js'

export function toContentSummary(summary: Decoded<typeof ContentSummaryProto>): ContentSummary {
  return {
    lengthBytes: summary.length,
    fileCount: summary.fileCount,
    directoryCount: summary.directoryCount,
    onlyInSnapshots: {
      lengthBytes: summary.snapshotLength ?? 0,
      fileCount: summary.snapshotFileCount ?? 0,
      directoryCount: summary.snapshotDirectoryCount ?? 0,
      spaceConsumedBytes: summary.snapshotSpaceConsumed ?? 0,
    },
    ...toLimits(summary),
  }
}

export function toQuotaUsage(usage: Decoded<typeof QuotaUsageProto>): QuotaUsage {
  return { nameCount: usage.fileAndDirectoryCount, ...toLimits(usage) }
}

function toLimits(
  usage: Decoded<typeof ContentSummaryProto> | Decoded<typeof QuotaUsageProto>,
): Omit<QuotaUsage, 'nameCount'> {
  return {
    spaceConsumedBytes: usage.spaceConsumed,
    quota: usage.quota < 0 ? undefined : usage.quota,
    spaceQuotaBytes: usage.spaceQuota < 0 ? undefined : usage.spaceQuota,
    typeQuotas: typeQuotasOf(usage.typeQuotaInfos),
  }
}

/** The current tree alone, as Hadoop's `-x` shows it. */
export function withoutSnapshots(summary: ContentSummary): ContentSummary {
  const { onlyInSnapshots } = summary
  return {
    ...summary,
    lengthBytes: summary.lengthBytes - onlyInSnapshots.lengthBytes,
    fileCount: summary.fileCount - onlyInSnapshots.fileCount,
    directoryCount: summary.directoryCount - onlyInSnapshots.directoryCount,
    spaceConsumedBytes: summary.spaceConsumedBytes - onlyInSnapshots.spaceConsumedBytes,
    onlyInSnapshots: { lengthBytes: 0, fileCount: 0, directoryCount: 0, spaceConsumedBytes: 0 },
  }
}

/** @param infos absent when no type has a limit */
function typeQuotasOf(infos: Decoded<typeof StorageTypeQuotaInfosProto> | undefined): TypeQuota[] {
  return (infos?.typeQuotaInfo ?? []).flatMap(({ type, quota, consumed }) => {
    const storageType = Object.entries(StorageTypeEnum).find(([, it]) => it === type)?.[0]
    if (storageType === undefined) return []
    return [{ storageType, quotaBytes: quota < 0 ? undefined : quota, consumedBytes: consumed }]
  })
}
