/** Which open files nobody is going to close: their recovery came to nothing, or their holder has been silent. */
import type { InodeId } from '../../../shared/ids.js'
import type { LeaseTable } from '../../policy/lease-table.js'
import type { Stores } from '../../storage/stores.js'
import type { Tree } from './namespace-tree.js'
import { isBeingTakenApart, RECOVERY_HOLDER } from './rules/namespace-leases.js'

/** A holder with some of its files. */
export interface ExpiredLease {
  readonly holder: string
  readonly files: readonly InodeId[]
}

interface Times {
  readonly nowMs: number
  /** Holders that were heard of since then are no silent ones. */
  readonly sinceMs: number
}

interface LeaseView {
  readonly stores: Pick<Stores, 'detached'> & {
    readonly leases: Pick<Stores['leases'], 'recoveringAfter' | 'holderAfter' | 'filesOf'>
  }
  readonly tree: Pick<Tree, 'topOf'>
}

/** Files under recovery that one call looks at: after the loss of many nodes there may be a million. */
const RECOVERING_LOOKED_AT = 1000

export class ExpiredLeases {
  readonly #view: LeaseView
  readonly #leaseTable: Pick<LeaseTable, 'isRecoveryDue' | 'lastRenewedMs'>
  /** Of files under recovery, when they are too many for one call: the last one that was looked at. */
  #lookedAtUpTo: InodeId | 0 = 0

  constructor(view: LeaseView, leaseTable: Pick<LeaseTable, 'isRecoveryDue' | 'lastRenewedMs'>) {
    this.#view = view
    this.#leaseTable = leaseTable
  }

  /**
   * To be called within one moment of the namespace.
   * @param limit of files, roughly
   */
  find(times: Times, limit: number): ExpiredLease[] {
    const recovering = this.#dueRecoveries(times.nowMs, limit)
    return [...recovering, ...this.#silentHolders(times.sinceMs, limit - recovering.length)]
  }

  /** Past those that were tried lately: files that nobody can close must not hide those behind them. */
  #dueRecoveries(nowMs: number, limit: number): ExpiredLease[] {
    const due: ExpiredLease[] = []
    const from = this.#lookedAtUpTo
    const page = this.#view.stores.leases.recoveringAfter(from, RECOVERING_LOOKED_AT)
    const isAll = page.length < RECOVERING_LOOKED_AT
    for (const { inodeId: id, holder } of page) {
      if (due.length >= limit) {
        // Few are looked at from the first one on, each time.
        if (isAll && from === 0) this.#lookedAtUpTo = 0
        return due
      }
      this.#lookedAtUpTo = id
      if (this.#leaseTable.isRecoveryDue(id, nowMs) && this.#isKept(id)) {
        due.push({ holder, files: [id] })
      }
    }
    if (isAll) this.#lookedAtUpTo = 0
    return due
  }

  #silentHolders(sinceMs: number, limit: number): ExpiredLease[] {
    const { leases } = this.#view.stores
    const silent: ExpiredLease[] = []
    let room = limit
    let holder = room > 0 ? leases.holderAfter('') : undefined
    while (holder !== undefined && room > 0) {
      // What it took for itself nobody is going to renew.
      const isOwn = holder === RECOVERY_HOLDER
      if (isOwn || this.#leaseTable.lastRenewedMs(holder) < sinceMs) {
        const files = leases.filesOf(holder, room).filter((id) => this.#isKept(id))
        if (files.length > 0) silent.push({ holder, files })
        room -= files.length
      }
      holder = leases.holderAfter(holder)
    }
    return silent
  }

  #isKept(id: InodeId): boolean {
    return !isBeingTakenApart(this.#view, id)
  }
}
