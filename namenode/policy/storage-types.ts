/**
 * On which types of storage the replicas of a block belong, by its policy: what is missing beside those that exist, what
 * is too much, and what to take instead of types that have no room (HDFS: BlockStoragePolicy.chooseStorageTypes).
 */
import type { PolicyStorageType, StoragePolicy } from './storage-policies.js'

export type StorageType = 'DISK' | 'SSD' | 'ARCHIVE' | 'RAM_DISK'

/** What a placement must keep to. */
export interface TypeWish {
  readonly policy: StoragePolicy
  /** Types of the replicas that exist and stay. */
  readonly existing: readonly PolicyStorageType[]
  /** Which fallbacks count: those for a file that is being written, or those for a copy. */
  readonly purpose: 'creation' | 'replication'
  /**
   * Rather another type than too few replicas, when the fallbacks have no room either. True for repair, where Apache
   * leaves the block with too few, and for files for which nobody has chosen a policy.
   */
  readonly mayUseAny: boolean
}

/**
 * The types that `replicas` replicas are to rest on. Memory is not among them: what is written there first
 * (LAZY_PERSIST) goes to disks.
 */
export function restingTypes(policy: StoragePolicy, replicas: number): PolicyStorageType[] {
  const types = policy.storageTypes.filter((it) => it !== 'RAM_DISK')
  return repeated(types, replicas)
}

/**
 * The types that further replicas belong on, in the order of preference; may be more than there is need for when some
 * exist on types that do not belong.
 * @param replicas in all, the existing ones counted
 * @param unavailable types without room: their fallbacks take their place, where there are some
 */
export function missingTypes(
  wish: TypeWish,
  replicas: number,
  unavailable: ReadonlySet<PolicyStorageType>,
): PolicyStorageType[] {
  const { policy, existing, purpose } = wish
  const isCreation = purpose === 'creation'
  const types = isCreation
    ? repeated(policy.storageTypes, replicas)
    : restingTypes(policy, replicas)
  const fallbacks = isCreation ? policy.creationFallbacks : policy.replicationFallbacks
  const { missing, excess } = difference(types, existing)
  const fallback = fallbacks.find((it) => !unavailable.has(it))
  const possible = missing.flatMap((it) => {
    if (!unavailable.has(it)) return [it]
    return fallback === undefined ? [] : [fallback]
  })
  // What exists on a type that is now taken as a fallback counts after all.
  return difference(possible, excess).missing
}

/** Whether a replica on `type` is one too many of its type, given the types of all that stay. */
export function isExcessType(
  policy: StoragePolicy,
  replicas: number,
  types: readonly PolicyStorageType[],
  type: PolicyStorageType,
): boolean {
  const count = (of: readonly PolicyStorageType[]) => of.filter((it) => it === type).length
  return count(types) > count(restingTypes(policy, replicas))
}

function repeated(types: readonly PolicyStorageType[], replicas: number): PolicyStorageType[] {
  const last = types.at(-1)
  return Array.from({ length: replicas }, (_, index) => types[index] ?? last ?? 'DISK')
}

/** Both as multisets: what of `wanted` is not there, and what is there and not wanted. */
function difference(
  wanted: readonly PolicyStorageType[],
  existing: readonly PolicyStorageType[],
): { readonly missing: PolicyStorageType[]; readonly excess: PolicyStorageType[] } {
  const missing = [...wanted]
  const excess: PolicyStorageType[] = []
  for (const type of existing) {
    const index = missing.indexOf(type)
    if (index < 0) excess.push(type)
    else missing.splice(index, 1)
  }
  return { missing, excess }
}
