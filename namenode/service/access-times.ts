/**
 * When a file was last opened for reading, to the hour: exact times would turn every read into a write (protocol
 * reference 6.2, 42). Recorded behind the reader's back: it neither waits nor fails for it.
 */
import type { Clock } from '../../shared/clock.js'
import type { Log } from '../../shared/log.js'
import type { Call } from './call.js'
import type { Namespace } from './namespace.js'
import type { FileStatus } from './namespace-model.js'
import type { SafeMode } from './safe-mode.js'

const PRECISION_MS = 60 * 60_000
/** Updates under way; more are dropped, since the next reader brings them again. */
const MAX_PENDING = 1000

export interface AccessTimesOptions {
  readonly namespace: Namespace
  readonly safeMode: SafeMode
  readonly clock: Clock
  readonly log: Log
}

export class AccessTimes {
  readonly #options: AccessTimesOptions
  readonly #pending = new Set<number>()

  constructor(options: AccessTimesOptions) {
    this.#options = options
  }

  /** Notes that the caller, whose right to read has been checked, opened the file now. */
  touch(call: Call, path: string, status: FileStatus): void {
    const { clock, safeMode, namespace, log } = this.#options
    const nowMs = clock.wallMs()
    if (nowMs - status.accessTimeMs < PRECISION_MS || safeMode.isOn) return
    if (this.#pending.has(status.id) || this.#pending.size >= MAX_PENDING) return
    this.#pending.add(status.id)
    // Readers need no right to change the file's times: the namenode does it.
    const principal = { ...call.principal, isSuperuser: true }
    namespace
      .setTimes(
        { ...call, principal, requestId: undefined },
        { path, modificationTimeMs: undefined, accessTimeMs: nowMs },
      )
      .catch((error: unknown) => log.debug({ error, path }, 'access time not recorded'))
      .finally(() => this.#pending.delete(status.id))
  }
}
