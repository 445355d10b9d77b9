/** What inodes add to the totals of the directories above them. */
import { NO_POLICY } from '../../../policy/storage-policies.js'
import type { PolicyShare, PolicyShares } from '../../../policy/type-usage.js'
import type { Inode, TreeTotals } from '../../../storage/inode-store.js'
import type { Stores } from '../../../storage/stores.js'

/**
 * `decided`: the part of it whose storage policy is known whatever is above; the rest takes that of a directory above. So
 * a policy that is set on a directory, or a move to below another one, changes a few numbers of the directories above
 * and none below.
 */
export interface TreeWeight extends TreeTotals {
  readonly decided: PolicyShares
}

const NONE_DECIDED: PolicyShares = new Map()

export const NOTHING: TreeWeight = {
  files: 0,
  directories: 0,
  lengthBytes: 0,
  spaceBytes: 0,
  reservedBytes: 0,
  decided: NONE_DECIDED,
}
export const ONE_FILE: TreeWeight = { ...NOTHING, files: 1 }
export const ONE_DIRECTORY: TreeWeight = { ...NOTHING, directories: 1 }

/** What an inode adds to the directories above it. The totals of a directory must be settled. */
export function weightOf(stores: Pick<Stores, 'policyTotals'>, inode: Inode): TreeWeight {
  const weight =
    inode.kind === 'directory'
      ? {
          ...inode.tree,
          directories: inode.tree.directories + 1,
          decided: stores.policyTotals.of(inode.id),
        }
      : fileWeight(inode)
  return under(inode.policy, weight)
}

const fileWeight = (file: Inode): TreeWeight => ({
  ...ONE_FILE,
  lengthBytes: file.lengthBytes,
  spaceBytes: spaceOf(file),
  reservedBytes: file.reservedBytes,
})

/** Bytes that a file claims, replicas counted. */
export const spaceOf = (
  file: Pick<Inode, 'lengthBytes' | 'reservedBytes' | 'replication'>,
): number => (file.lengthBytes + file.reservedBytes) * file.replication

/** The same as seen from above an inode with this policy of its own: all is decided, unless it has none. */
export function under(policy: number, weight: TreeWeight): TreeWeight {
  return policy === NO_POLICY ? weight : { ...weight, decided: sharesUnder(policy, weight) }
}

/** By policy, where this one holds for what is not decided below. */
export function sharesUnder(policy: number, weight: TreeWeight): PolicyShares {
  const { lengthBytes, reservedBytes, decided } = weight
  let { spaceBytes } = weight
  let firstBytes = lengthBytes + reservedBytes
  for (const share of decided.values()) {
    spaceBytes -= share.spaceBytes
    firstBytes -= share.firstBytes
  }
  return sumOfShares(decided, new Map([[policy, { spaceBytes, firstBytes }]]))
}

export function sumOfShares(left: PolicyShares, right: PolicyShares): PolicyShares {
  if (right.size === 0) return left
  if (left.size === 0) return right
  const sums = new Map<number, PolicyShare>(left)
  for (const [policy, share] of right) {
    const sum = sums.get(policy)
    sums.set(policy, {
      spaceBytes: (sum?.spaceBytes ?? 0) + share.spaceBytes,
      firstBytes: (sum?.firstBytes ?? 0) + share.firstBytes,
    })
  }
  return sums
}

export const sumOf = (left: TreeWeight, right: TreeWeight): TreeWeight => ({
  files: left.files + right.files,
  directories: left.directories + right.directories,
  lengthBytes: left.lengthBytes + right.lengthBytes,
  spaceBytes: left.spaceBytes + right.spaceBytes,
  reservedBytes: left.reservedBytes + right.reservedBytes,
  decided: sumOfShares(left.decided, right.decided),
})

export const negative = (weight: TreeWeight): TreeWeight => ({
  files: -weight.files,
  directories: -weight.directories,
  lengthBytes: -weight.lengthBytes,
  spaceBytes: -weight.spaceBytes,
  reservedBytes: -weight.reservedBytes,
  decided: negativeShares(weight.decided),
})

function negativeShares(shares: PolicyShares): PolicyShares {
  if (shares.size === 0) return NONE_DECIDED
  return new Map(
    [...shares].map(([policy, { spaceBytes, firstBytes }]) => [
      policy,
      { spaceBytes: -spaceBytes, firstBytes: -firstBytes },
    ]),
  )
}
