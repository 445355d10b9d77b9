/** Sums and settings: content summary, quotas, server defaults, capacity. */
import { ROOT_INODE_ID } from '../../../shared/ids.js'
import { QUOTA_STORAGE_TYPES } from '../../../shared/quota-types.js'
import type { Quota } from '../../policy/quotas.js'
import { HOT_POLICY } from '../../policy/storage-policies.js'
import type { Call } from '../../service/access/call.js'
import { fullQuotaUsage, fullSummary } from '../../service/namespace/full-summary.js'
import type { Namespace } from '../../service/namespace/namespace.js'
import type { QuotaUsage } from '../../service/namespace/namespace-model.js'
import { MAX_LONG } from './json-text.js'
import { json, type Operations, type OperationTable, type WebhdfsOptions } from './operation.js'

const NO_QUOTA = -1
/** Of Hadoop's numbers for checksum types: CRC32C. */
const CRC32C = 2

export function clusterOperations(options: WebhdfsOptions): OperationTable {
  return { GET: reads(options) }
}

function reads({ services }: WebhdfsOptions): Operations {
  const { namespace, config, blockManager } = services
  return {
    GETCONTENTSUMMARY: async ({ call, path }) => {
      const summary = await fullSummary(namespace, call, path)
      const { onlyInSnapshots } = summary
      return json({
        ContentSummary: {
          directoryCount: summary.directoryCount,
          ecPolicy: '',
          fileCount: summary.fileCount,
          length: summary.lengthBytes,
          quota: namespaceQuota(namespace, call, path, summary.quota),
          snapshotDirectoryCount: onlyInSnapshots.directoryCount,
          snapshotFileCount: onlyInSnapshots.fileCount,
          snapshotLength: onlyInSnapshots.lengthBytes,
          snapshotSpaceConsumed: onlyInSnapshots.spaceConsumedBytes,
          spaceConsumed: summary.spaceConsumedBytes,
          spaceQuota: summary.quota.spaceBytes ?? NO_QUOTA,
          typeQuota: typeQuotas(summary),
        },
      })
    },
    GETQUOTAUSAGE: async ({ call, path }) => {
      const usage = await fullQuotaUsage(namespace, call, path)
      return json({
        QuotaUsage: {
          fileAndDirectoryCount: usage.fileAndDirectoryCount,
          quota: namespaceQuota(namespace, call, path, usage.quota),
          spaceConsumed: usage.spaceConsumedBytes,
          spaceQuota: usage.quota.spaceBytes ?? NO_QUOTA,
          typeQuota: typeQuotas(usage),
        },
      })
    },
    GETSERVERDEFAULTS: () =>
      json({
        FsServerDefaults: {
          replication: config.replication,
          encryptDataTransfer: false,
          defaultStoragePolicyId: HOT_POLICY.id,
          writePacketSize: 65_536,
          fileBufferSize: 4096,
          checksumType: CRC32C,
          trashInterval: config.trashIntervalMinutes,
          keyProviderUri: '',
          blockSize: config.blockSizeBytes,
          bytesPerChecksum: 512,
        },
      }),
    GETSTATUS: () => {
      const { usedBytes, remainingBytes, capacityBytes } = blockManager.statistics()
      const status = { used: usedBytes, remaining: remainingBytes, capacity: capacityBytes }
      return json({ FsStatus: status })
    },
  }
}

/** The root's reads as the largest long instead of "none". */
function namespaceQuota(
  namespace: Namespace,
  call: Call,
  path: string,
  { names }: Quota,
): number | bigint {
  if (names !== undefined) return names
  return namespace.status(call, path)?.id === ROOT_INODE_ID ? MAX_LONG : NO_QUOTA
}

/** `{"SSD":{"consumed":0,"quota":10}}`: types without a limit are left out. */
function typeQuotas({ quota, typeSpaceBytes }: Omit<QuotaUsage, 'fileAndDirectoryCount'>): object {
  const limited = QUOTA_STORAGE_TYPES.flatMap((type) => {
    const limit = quota.typeSpaceBytes[type]
    const consumed = typeSpaceBytes[type] ?? 0
    return limit === undefined ? [] : [[type, { consumed, quota: limit }] as const]
  })
  return Object.fromEntries(limited)
}
