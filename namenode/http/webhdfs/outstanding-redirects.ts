/**
 * CREATE and APPEND redirects that were not yet used. Java's client sends the header of such a request to the datanode and
 * goes on without waiting for an answer, so its next call reaches us while the datanode still creates or reopens the file.
 * Here that call waits a moment until the redirect was redeemed, which shows in the file; nobody else ever waits.
 */
import type { Clock } from '../../../shared/clock.js'
import type { Call } from '../../service/access/call.js'
import type { Namespace } from '../../service/namespace/namespace.js'

/** How long after a redirect a call may be kept waiting for it. */
export const REDEEM_WITHIN_MS = 500

export interface OutstandingRedirectsOptions {
  readonly clock: Clock
  readonly namespace: Pick<Namespace, 'status' | 'onCommitted'>
  /** The oldest is forgotten for a new one. */
  readonly maxRedirects?: number
  /** Each is looked at after every commit; further calls do not wait. */
  readonly maxWaiting?: number
}

interface Redirect {
  readonly call: Call
  readonly path: string
  /** What was there when the redirect was issued. */
  readonly before: string
  readonly endsMs: number
}

interface Waiter {
  readonly redirect: Redirect
  readonly finish: () => void
}

export class OutstandingRedirects {
  readonly #clock: Clock
  readonly #namespace: Pick<Namespace, 'status' | 'onCommitted'>
  readonly #maxRedirects: number
  readonly #maxWaiting: number
  /** By client and path, the oldest first. */
  readonly #redirects = new Map<string, Redirect>()
  readonly #waiters = new Set<Waiter>()

  constructor(options: OutstandingRedirectsOptions) {
    this.#clock = options.clock
    this.#namespace = options.namespace
    this.#maxRedirects = options.maxRedirects ?? 10_000
    this.#maxWaiting = options.maxWaiting ?? 100
    this.#namespace.onCommitted(() => this.#wake())
  }

  /** This client was just sent to a datanode to create `path` or to append to it. */
  remember(call: Call, path: string): void {
    const key = keyOf(call, path)
    // Put at the end again: the order of the map is that of the ends.
    this.#redirects.delete(key)
    this.#forgetOld()
    const endsMs = this.#clock.monotonicMs() + REDEEM_WITHIN_MS
    this.#redirects.set(key, { call, path, before: this.#stateOf(call, path), endsMs })
  }

  /** Resolves once this client's last redirect for `path` was redeemed, at the latest when its time is over. Never rejects. */
  async settled(call: Call, path: string): Promise<void> {
    const key = keyOf(call, path)
    const redirect = this.#redirects.get(key)
    if (redirect === undefined) return
    const leftMs = redirect.endsMs - this.#clock.monotonicMs()
    if (leftMs <= 0 || this.#isRedeemed(redirect)) {
      this.#redirects.delete(key)
    } else if (this.#waiters.size < this.#maxWaiting) {
      await this.#redeemed(redirect, leftMs)
    }
  }

  /** How many redirects are remembered. */
  get size(): number {
    return this.#redirects.size
  }

  /** Lets everybody go on: the server stops. */
  close(): void {
    this.#redirects.clear()
    for (const { finish } of [...this.#waiters]) finish()
  }

  #redeemed(redirect: Redirect, leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancelTimeout()
        this.#waiters.delete(waiter)
        resolve()
      }
      const waiter = { redirect, finish }
      const cancelTimeout = this.#clock.after(leftMs, finish)
      this.#waiters.add(waiter)
    })
  }

  /** A commit may be the one that somebody waits for. */
  #wake(): void {
    for (const { redirect, finish } of [...this.#waiters]) {
      if (this.#isRedeemed(redirect)) finish()
    }
  }

  #forgetOld(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [key, { endsMs }] of this.#redirects) {
      if (endsMs > nowMs && this.#redirects.size < this.#maxRedirects) return
      this.#redirects.delete(key)
    }
  }

  #isRedeemed({ call, path, before }: Redirect): boolean {
    return this.#stateOf(call, path) !== before
  }

  /** Differs once a file was created, replaced or opened at `path`, also when it was closed or deleted since. */
  #stateOf(call: Call, path: string): string {
    try {
      const status = this.#namespace.status(call, path)
      if (status === undefined) return 'absent'
      return `${status.id} ${status.isUnderConstruction} ${status.modificationTimeMs}`
    } catch (error) {
      // For instance no longer to be seen by who was redirected. Who waits goes on and meets the error in the call itself.
      return `unknown: ${error}`
    }
  }
}

/** No address has a space in it. */
const keyOf = ({ clientAddress }: Call, path: string) => `${clientAddress} ${path}`
