/** Sums of what only snapshots show, by the storage policy that holds. */
import type { PastShare, PastShares } from '../../../storage/past-total-store.js'

export const NO_PAST: PastShare = { names: 0, spaceBytes: 0, firstBytes: 0 }

export const isNothing = ({ names, spaceBytes, firstBytes }: PastShare): boolean =>
  names === 0 && spaceBytes === 0 && firstBytes === 0

export const plus = (left: PastShare, right: PastShare): PastShare => ({
  names: left.names + right.names,
  spaceBytes: left.spaceBytes + right.spaceBytes,
  firstBytes: left.firstBytes + right.firstBytes,
})

export const minus = (left: PastShare, right: PastShare): PastShare => ({
  names: left.names - right.names,
  spaceBytes: left.spaceBytes - right.spaceBytes,
  firstBytes: left.firstBytes - right.firstBytes,
})

export const negated = (shares: PastShares): PastShares =>
  new Map([...shares].map(([policy, share]) => [policy, minus(NO_PAST, share)]))

/** All policies together. */
export const sumOfPast = (shares: PastShares): PastShare =>
  [...shares.values()].reduce(plus, NO_PAST)

export function joinedPast(left: PastShares, right: PastShares): PastShares {
  if (right.size === 0) return left
  const sums = new Map(left)
  for (const [policy, share] of right) sums.set(policy, plus(sums.get(policy) ?? NO_PAST, share))
  return sums
}

/** The same as seen from above an inode with this policy of its own; 0 for none. */
export function pastUnder(policy: number, shares: PastShares): PastShares {
  const undecided = shares.get(0)
  if (policy === 0 || undecided === undefined) return shares
  const others = new Map([...shares].filter(([it]) => it !== 0))
  return joinedPast(others, new Map([[policy, undecided]]))
}
