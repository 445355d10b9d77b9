/** The storage policies that are built into HDFS, in the order in which it lists them, and who may have which. */
import { DfsError } from '../../shared/errors.js'

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

/** The id of no policy: that of the directory above holds, and HOT where none has one. */
export const NO_POLICY = 0
/** Requests to satisfy policies that wait for the mover at most, as in HDFS. */
export const MAX_POLICY_REQUESTS = 1000

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
export const LAZY_PERSIST_POLICY = policy(
  15,
  'LAZY_PERSIST',
  ['RAM_DISK', 'DISK'],
  ['DISK'],
  ['DISK'],
)

export const STORAGE_POLICIES: readonly StoragePolicy[] = [
  policy(1, 'PROVIDED', ['PROVIDED', 'DISK'], ['PROVIDED', 'DISK'], ['PROVIDED', 'DISK']),
  policy(2, 'COLD', ['ARCHIVE'], [], []),
  policy(5, 'WARM', ['DISK', 'ARCHIVE'], ['DISK', 'ARCHIVE'], ['DISK', 'ARCHIVE']),
  HOT_POLICY,
  policy(10, 'ONE_SSD', ['SSD', 'DISK'], ['SSD', 'DISK'], ['SSD', 'DISK']),
  policy(12, 'ALL_SSD', ['SSD'], ['DISK'], ['DISK']),
  policy(14, 'ALL_NVDIMM', ['NVDIMM'], ['DISK'], ['DISK']),
  LAZY_PERSIST_POLICY,
]

const BY_ID = new Map(STORAGE_POLICIES.map((it) => [it.id, it]))

/** What an id means for placement: HOT for none. Ids come from our own rows, so unknown ones mean none, too. */
export const policyOfId = (id: number): StoragePolicy => BY_ID.get(id) ?? HOT_POLICY

/** By name, whatever its case, as Hadoop finds it. @throws ILLEGAL_ARGUMENT */
export function requirePolicy(name: string): StoragePolicy {
  const found = STORAGE_POLICIES.find((it) => it.name === name.toUpperCase())
  if (found !== undefined) return found
  throw new DfsError('ILLEGAL_ARGUMENT', `Cannot find a block policy with the name ${name}`)
}

/**
 * Whether an inode may get this policy (or none, `NO_POLICY`): LAZY_PERSIST is a file's from its creation on.
 * @throws ILLEGAL_ARGUMENT in Hadoop's words
 */
export function checkPolicyChange(
  inode: { readonly kind: 'file' | 'directory'; readonly policy: number },
  wanted: number,
): void {
  if (inode.kind === 'directory') return
  const next = BY_ID.get(wanted)
  if (next?.copyOnCreateFile === true) {
    const text = `Policy ${javaText(next)} cannot be set after file creation.`
    throw new DfsError('ILLEGAL_ARGUMENT', text)
  }
  const present = BY_ID.get(inode.policy)
  if (present?.copyOnCreateFile === true) {
    const text = `Existing policy ${present.name} cannot be changed after file creation.`
    throw new DfsError('ILLEGAL_ARGUMENT', text)
  }
}

function javaText(it: StoragePolicy): string {
  const list = (types: readonly PolicyStorageType[]) => `[${types.join(', ')}]`
  return (
    `BlockStoragePolicy{${it.name}:${it.id}, storageTypes=${list(it.storageTypes)}, ` +
    `creationFallbacks=${list(it.creationFallbacks)}, replicationFallbacks=${list(it.replicationFallbacks)}}`
  )
}
