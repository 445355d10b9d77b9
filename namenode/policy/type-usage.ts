/**
 * The space of files on each type of storage, as their policies want it and as quotas count it; where the replicas are
 * at the moment does not matter. Of a policy two numbers are enough: each has one type for the first replica and one
 * for all others.
 */
import { QUOTA_STORAGE_TYPES, type QuotaStorageType } from '../../shared/quota-types.js'
import { type PolicyStorageType, policyOfId } from './storage-policies.js'

/** Bytes; a type that is not there has none. */
export type TypeSpace = Readonly<Partial<Record<QuotaStorageType, number>>>

/** Files under one policy. */
export interface PolicyShare {
  /** Of all replicas. */
  readonly spaceBytes: number
  /** Of one replica of each file. */
  readonly firstBytes: number
}

/** By the id of the policy. */
export type PolicyShares = ReadonlyMap<number, PolicyShare>

/** Bytes on each type of storage, of files under policies; `NO_POLICY` counts as HOT. */
export function typeSpaceOf(shares: PolicyShares): TypeSpace {
  const sums = new Map<PolicyStorageType, number>()
  const add = (type: PolicyStorageType | undefined, bytes: number) => {
    if (type !== undefined && bytes !== 0) sums.set(type, (sums.get(type) ?? 0) + bytes)
  }
  for (const [id, { spaceBytes, firstBytes }] of shares) {
    const { storageTypes } = policyOfId(id)
    add(storageTypes[0], firstBytes)
    add(storageTypes.at(-1), spaceBytes - firstBytes)
  }
  // Memory is no type that has quotas.
  return Object.fromEntries(
    QUOTA_STORAGE_TYPES.flatMap((type) => {
      const bytes = sums.get(type) ?? 0
      return bytes === 0 ? [] : [[type, bytes] as const]
    }),
  )
}

/** What `left` has more than `right`; below zero where it has less. */
export function typeSpaceDifference(left: TypeSpace, right: TypeSpace): TypeSpace {
  return Object.fromEntries(
    QUOTA_STORAGE_TYPES.map((type) => [type, (left[type] ?? 0) - (right[type] ?? 0)] as const),
  )
}
