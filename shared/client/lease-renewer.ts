/**
 * Keeps the lease of a client alive while it has files open for writing: one call renews all files of a client name
 * (reference 2.6). Owned by the client, shared by its writers.
 */
import { BackgroundLoop } from '../background-loop.js'
import type { Clock } from '../clock.js'
import type { Log } from '../log.js'

export interface LeaseRenewerOptions {
  readonly clock: Clock
  readonly log: Log
  readonly clientName: string
  /** The remote call. */
  readonly renew: (request: { readonly clientName: string }) => Promise<unknown>
  /** Half of the soft limit of 60 s, as in Java, when not given. */
  readonly intervalMs?: number
}

const INTERVAL_MS = 30_000
const RETRY_AFTER_MS = 1_000

export class LeaseRenewer {
  readonly #options: LeaseRenewerOptions
  readonly #writers = new Set<object>()
  #loop: BackgroundLoop | undefined
  #isClosed = false

  constructor(options: LeaseRenewerOptions) {
    this.#options = options
  }

  get clientName(): string {
    return this.#options.clientName
  }

  /** From now on the lease is renewed, until `remove` was called for every writer. */
  add(writer: object): void {
    this.#writers.add(writer)
    if (this.#loop !== undefined || this.#isClosed) return
    const { clock, log, clientName, renew, intervalMs = INTERVAL_MS } = this.#options
    let isFirst = true
    this.#loop = new BackgroundLoop({
      name: 'lease-renewer',
      clock,
      retryAfterMs: RETRY_AFTER_MS,
      onError: (error, context) =>
        log.warn({ err: error, ...context, clientName }, 'lease renewal failed'),
      tick: async () => {
        // A file that was just created has a fresh lease.
        if (!isFirst) await renew({ clientName })
        isFirst = false
        return { kind: 'idle', forMs: intervalMs }
      },
    }).start()
  }

  /** Resolves when a renewal that is under way has ended, if this was the last writer. */
  async remove(writer: object): Promise<void> {
    this.#writers.delete(writer)
    if (this.#writers.size === 0) await this.#stop()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#writers.clear()
    await this.#stop()
  }

  async #stop(): Promise<void> {
    const loop = this.#loop
    this.#loop = undefined
    await loop?.stop()
  }
}
