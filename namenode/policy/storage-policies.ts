/** The storage policies that are built into HDFS, in the order in which it lists them. Everything here is HOT. */
export type PolicyStorageType = 'DISK' | 'SSD' | 'ARCHIVE' | 'RAM_DISK' | 'PROVIDED' | 'NVDIMM'

export interface StoragePolicy {
  readonly id: number
  readonly name: string
  /** Where replicas go, the last type repeating. */
  readonly storageTypes: readonly PolicyStorageType[]
  /** Instead of these, when a file is being written. */
  readonly creationFallbacks: readonly PolicyStorageType[]
  /** Instead of these, when a block is being copied. */
  readonly replicationFallbacks: readonly PolicyStorageType[]
  /** Whether the policy of a file is decided when it is created, and cannot be set later. */
  readonly copyOnCreateFile: boolean
}

function policy(
  id: number,
  name: string,
  storageTypes: readonly PolicyStorageType[],
  creationFallbacks: readonly PolicyStorageType[],
  replicationFallbacks: readonly PolicyStorageType[],
): StoragePolicy {
  const copyOnCreateFile = name === 'LAZY_PERSIST'
  return { id, name, storageTypes, creationFallbacks, replicationFallbacks, copyOnCreateFile }
}

export const HOT_POLICY = policy(7, 'HOT', ['DISK'], [], ['ARCHIVE'])

export const STORAGE_POLICIES: readonly StoragePolicy[] = [
  policy(1, 'PROVIDED', ['PROVIDED', 'DISK'], ['PROVIDED', 'DISK'], ['PROVIDED', 'DISK']),
  policy(2, 'COLD', ['ARCHIVE'], [], []),
  policy(5, 'WARM', ['DISK', 'ARCHIVE'], ['DISK', 'ARCHIVE'], ['DISK', 'ARCHIVE']),
  HOT_POLICY,
  policy(10, 'ONE_SSD', ['SSD', 'DISK'], ['SSD', 'DISK'], ['SSD', 'DISK']),
  policy(12, 'ALL_SSD', ['SSD'], ['DISK'], ['DISK']),
  policy(14, 'ALL_NVDIMM', ['NVDIMM'], ['DISK'], ['DISK']),
  policy(15, 'LAZY_PERSIST', ['RAM_DISK', 'DISK'], ['DISK'], ['DISK']),
]
