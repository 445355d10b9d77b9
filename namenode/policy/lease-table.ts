/**
 * When the holders of leases were last heard of. Who holds which file is in the store; this is memory only, because
 * after a restart everyone deserves a fresh chance: a client could not renew while we were down.
 */
import type { InodeId } from '../../shared/ids.js'

export interface LeaseLimits {
  /** From then on another client may take a file over. */
  readonly softLimitMs: number
  /** From then on the namenode closes the file by itself. */
  readonly hardLimitMs: number
  /** How long a recovery may take before it is offered again. */
  readonly recoveryRetryMs: number
}

/** Holders remembered before the silent ones are swept out. */
const SWEEP_ABOVE = 10_000

export class LeaseTable {
  readonly #limits: LeaseLimits
  readonly #startedMs: number
  readonly #renewedMs = new Map<string, number>()
  readonly #recoveringMs = new Map<InodeId, number>()

  constructor(limits: LeaseLimits, nowMs: number) {
    this.#limits = limits
    this.#startedMs = nowMs
  }

  renew(holder: string, nowMs: number): void {
    if (this.#renewedMs.size >= SWEEP_ABOVE && !this.#renewedMs.has(holder)) this.#sweep(nowMs)
    this.#renewedMs.set(holder, nowMs)
  }

  /** A holder never heard of is as old as this start. */
  lastRenewedMs(holder: string): number {
    return this.#renewedMs.get(holder) ?? this.#startedMs
  }

  isSoftExpired(holder: string, nowMs: number): boolean {
    return nowMs - this.lastRenewedMs(holder) > this.#limits.softLimitMs
  }

  /** A recovery of this file was handed out just now. */
  recoveryBegun(id: InodeId, nowMs: number): void {
    this.#recoveringMs.set(id, nowMs)
  }

  recoveryEnded(id: InodeId): void {
    this.#recoveringMs.delete(id)
  }

  /** Whether a file under recovery needs somebody to start it (again): after a restart, or when an attempt vanished. */
  isRecoveryDue(id: InodeId, nowMs: number): boolean {
    const begunMs = this.#recoveringMs.get(id)
    return begunMs === undefined || nowMs - begunMs > this.#limits.recoveryRetryMs
  }

  /** What is older than the hard limit answers the same whether remembered or not. */
  #sweep(nowMs: number): void {
    for (const [holder, renewedMs] of this.#renewedMs) {
      if (nowMs - renewedMs > this.#limits.hardLimitMs) this.#renewedMs.delete(holder)
    }
  }
}
