/**
 * Keeps what quotas count beside the current tree, as HDFS does (reasons: storage/DESIGN.md): what a snapshot shows of what
 * was deleted or moved away counts in the directories above the place where it was, and blocks and replicas that snapshots
 * keep of a file that is there count with the file. Part of applying edits; written at once, with every change that adds or
 * takes away something of it, and recounted for each inode of which a deleted snapshot frees something. Where nobody has
 * ever taken a snapshot, a change asks nothing of these stores (`VersionKeeper.hasPast`).
 */
import type { InodeId } from '../../../../shared/ids.js'
import { type Inode, NO_PARENT } from '../../../storage/inode-store.js'
import { type PastStay, type StayPlace, stayOf } from '../../../storage/past-stay-store.js'
import type { PastShare, PastShares } from '../../../storage/past-total-store.js'
import type { Stores } from '../../../storage/stores.js'
import { isWhole, topOf } from '../deleted-trees.js'
import { estimatedValue, goneValue, keptOf, wholeValue } from './past-value.js'
import {
  isNothing,
  joinedPast,
  minus,
  NO_PAST,
  negated,
  pastUnder,
  sumOfPast,
} from './past-weight.js'
import type { VersionKeeper } from './version-keeper.js'

/** Deleted trees that are counted anew after a slice of a deleted snapshot was freed. */
const TREES_COUNTED_AT_ONCE = 20

export class PastTotals {
  readonly #stores: Stores
  readonly #versions: VersionKeeper
  /** While inodes are recounted: the tops of deleted trees above them. */
  #passed: Set<InodeId> | undefined

  constructor(stores: Stores, versions: VersionKeeper) {
    this.#stores = stores
    this.#versions = versions
  }

  /** An inode is about to leave its place: what it has goes with it. @returns what the directory above loses */
  depart(inode: Inode, upTo?: InodeId): PastShare {
    if (!this.#versions.hasPast) return NO_PAST
    const past = this.#stores.pastTotals.of(inode.id)
    if (past.size === 0) return NO_PAST
    this.#stores.keptFiles.remove(inode.id)
    this.#climb(inode.parent, pastUnder(inode.policy, negated(past)), upTo)
    return sumOfPast(past)
  }

  /** An inode has come to its place, with what it has. */
  arrive(id: InodeId): void {
    if (!this.#versions.hasPast) return
    const inode = this.#stores.inodes.get(id)
    if (inode === undefined) return
    this.#climb(inode.parent, pastUnder(inode.policy, this.#stores.pastTotals.of(id)))
    if (inode.kind === 'file') this.#place(inode)
  }

  /** An inode was moved; its versions are kept. @param inode as it was */
  moved(inode: Inode): void {
    if (!this.#versions.hasPast) return
    const place = stayOf(inode)
    const shown = place && this.#stores.pastStays.lastShown(place)
    if (place === undefined || shown === undefined) return
    this.#begin({ ...shown, ...place, isDeletion: false, policy: inode.policy })
  }

  /**
   * An inode was deleted: what snapshots show of it, and of what was in it, counts for the directories where it was.
   * @param inode as it was
   * @param within when a deleted tree is being taken apart: how far up that shows
   * @returns what the directory above gets
   */
  deleted(inode: Inode, within?: { readonly upTo: InodeId | undefined }): PastShare {
    if (!this.#versions.hasPast) return NO_PAST
    const { pastStays, pastTotals } = this.#stores
    const isStillWhole = isWhole(this.#stores, inode.id)
    const place = stayOf(inode)
    if (!isStillWhole && inode.kind === 'file') pastTotals.remove(inode.id)
    if (place === undefined || pastStays.lastShown(place) === undefined) {
      if (!isStillWhole) pastTotals.remove(inode.id)
      return NO_PAST
    }
    const own = isStillWhole
      ? this.#valueOfWhole(inode, place, within !== undefined)
      : goneValue(this.#stores, inode)
    const stay = { ...own, ...place, isDeletion: true, policy: inode.policy }
    return this.#begin(stay, within?.upTo)
  }

  /** The top of a deleted tree was taken apart: from now on only what is known of it exactly counts. */
  topRemoved(top: Inode): void {
    if (!this.#versions.hasPast) return
    const { pastStays, pastTotals } = this.#stores
    const stay = pastStays.deletionOf(top.id)
    if (stay === undefined) {
      pastTotals.remove(top.id)
      return
    }
    if (top.kind === 'file') {
      this.#climb(stay.parent, pastUnder(stay.policy, negated(pastTotals.of(top.id))))
      pastTotals.remove(top.id)
    }
    this.#setValue(stay, goneValue(this.#stores, top))
  }

  /**
   * An inode goes out of a deleted tree that is being taken apart: it counts for itself from now on, no more in the sum of
   * the tree. Above the tree that makes no difference, and nothing is written there, unless types of storage are told apart.
   */
  taken(inode: Inode, top: InodeId, take: () => void): void {
    if (!this.#versions.hasPast) {
      take()
      return
    }
    const { pastStays, pastTotals } = this.#stores
    const isPlain =
      inode.policy === 0 && [...pastTotals.of(inode.id).keys()].every((it) => it === 0)
    const upTo = isPlain ? top : undefined
    const before = this.depart(inode, upTo)
    take()
    const value = minus(this.deleted(inode, { upTo }), before)
    const stay = isNothing(value) ? undefined : pastStays.deletionOf(top)
    if (stay === undefined) return
    const rest = minus(stay, value)
    if (isPlain) pastStays.put({ ...stay, ...rest })
    else this.#setValue(stay, rest)
  }

  /** A deleted inode is about to come back: from then on it has been moved. */
  returning(id: InodeId): void {
    if (!this.#versions.hasPast) return
    const { pastStays, pastTotals } = this.#stores
    const stay = pastStays.deletionOf(id)
    const shown = stay && pastStays.lastShown(stay)
    if (stay === undefined || shown === undefined) return
    this.#climb(stay.parent, pastUnder(stay.policy, negated(pastTotals.of(id))))
    this.#setValue({ ...stay, isDeletion: false }, shown)
  }

  /** Something about the blocks or the replication of a file has changed. */
  recountFile(id: InodeId): void {
    if (this.#versions.hasPast && this.#stores.pastStays.hasVersion(id)) this.recount([id])
  }

  /** Versions or blocks of inodes were freed: a snapshot less shows them. */
  recount(ids: Iterable<InodeId>): void {
    const passed = new Set<InodeId>()
    this.#passed = passed
    for (const id of ids) this.#recount(id)
    this.#passed = undefined
    for (const id of [...passed].slice(0, TREES_COUNTED_AT_ONCE)) {
      const stay = this.#stores.pastStays.deletionOf(id)
      const top = isWhole(this.#stores, id) ? this.#stores.inodes.get(id) : undefined
      if (stay && top) this.#setValue(stay, this.#wholeValue(top, stay, stay))
    }
  }

  #recount(id: InodeId): void {
    const inode = this.#stores.inodes.get(id)
    const isThere = inode !== undefined && (inode.parent !== NO_PARENT || isWhole(this.#stores, id))
    if (isThere && inode.kind === 'file') {
      this.#recountKept(inode)
      const top = this.#passed && topOf(this.#stores.inodes, id)
      if (top !== undefined) this.#passed?.add(top)
    }
    for (const stay of this.#stores.pastStays.of(id)) this.#recountStay(stay, inode)
  }

  #recountKept(file: Inode): void {
    const old = this.#stores.pastTotals.of(file.id).get(0) ?? NO_PAST
    const change = minus(keptOf(this.#stores, file), old)
    if (isNothing(change)) return
    this.#climb(file.id, new Map([[0, change]]))
    this.#place(file)
  }

  /** Summaries find what snapshots keep of a file in the directory where it is. */
  #place({ id, parent }: Inode): void {
    const { keptFiles, pastTotals } = this.#stores
    if (parent === NO_PARENT || pastTotals.of(id).size === 0) keptFiles.remove(id)
    else keptFiles.put(id, parent)
  }

  #recountStay(stay: PastStay, inode: Inode | undefined): void {
    const shown = this.#stores.pastStays.lastShown(stay)
    if (shown === undefined) this.#drop(stay)
    else if (!stay.isDeletion) this.#setValue(stay, shown)
    else if (inode !== undefined && isWhole(this.#stores, inode.id)) {
      this.#setValue(stay, this.#wholeValue(inode, stay, stay))
    } else this.#setValue(stay, goneValue(this.#stores, { id: stay.inode, kind: shown.kind }))
  }

  /** @param isBeingTaken its parts are about to count for themselves: it need not be known exactly */
  #valueOfWhole(inode: Inode, place: StayPlace, isBeingTaken: boolean): PastShare {
    return isBeingTaken
      ? estimatedValue(this.#stores, inode, place)
      : this.#wholeValue(inode, place)
  }

  #wholeValue(inode: Inode, place: StayPlace, otherwise?: PastShare): PastShare {
    return wholeValue({ stores: this.#stores, versions: this.#versions }, inode, place, otherwise)
  }

  /** @returns all that the directory above gets */
  #begin(stay: PastStay, upTo?: InodeId): PastShare {
    this.#stores.pastStays.put(stay)
    const own = new Map([[0, shareOf(stay)]])
    const all = stay.isDeletion ? joinedPast(this.#stores.pastTotals.of(stay.inode), own) : own
    this.#climb(stay.parent, pastUnder(stay.policy, all), upTo)
    return sumOfPast(all)
  }

  #setValue(stay: PastStay, value: PastShare): void {
    const change = minus(value, stay)
    this.#stores.pastStays.put({ ...stay, ...shareOf(value) })
    if (!isNothing(change)) this.#climb(stay.parent, pastUnder(stay.policy, new Map([[0, change]])))
  }

  /** No snapshot shows the stay any more: nothing leads from below it to the directories above. */
  #drop(stay: PastStay): void {
    const { pastStays, pastTotals } = this.#stores
    const own: PastShares = new Map([[0, shareOf(stay)]])
    const all = stay.isDeletion ? joinedPast(pastTotals.of(stay.inode), own) : own
    this.#climb(stay.parent, pastUnder(stay.policy, negated(all)))
    pastStays.remove(stay)
    if (stay.isDeletion && !isWhole(this.#stores, stay.inode)) pastTotals.remove(stay.inode)
  }

  /** Adds to an inode and to all above it, or up to one; of what is deleted, to those above the place where it was. */
  #climb(from: InodeId | typeof NO_PARENT, added: PastShares, upTo?: InodeId): void {
    const { inodes, pastStays, pastTotals } = this.#stores
    let at = from
    let shares = added
    while (at !== NO_PARENT && shares.size > 0) {
      const place = inodes.placeOf(at)
      const isThere = place !== undefined && place.parent !== NO_PARENT
      const above = isThere ? place : pastStays.deletionOf(at)
      if (place !== undefined || above !== undefined) pastTotals.add(at, shares)
      if (above === undefined || at === upTo) return
      if (!isThere) this.#passed?.add(at)
      shares = pastUnder(above.policy, shares)
      at = above.parent
    }
  }
}

const shareOf = ({ names, spaceBytes, firstBytes }: PastShare): PastShare => ({
  names,
  spaceBytes,
  firstBytes,
})
