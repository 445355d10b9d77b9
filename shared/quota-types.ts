/** Types of storage that can have a quota of their own, in the order of HDFS's listings: memory is not among them. */
export const QUOTA_STORAGE_TYPES = ['SSD', 'DISK', 'ARCHIVE', 'PROVIDED', 'NVDIMM'] as const
export type QuotaStorageType = (typeof QUOTA_STORAGE_TYPES)[number]
