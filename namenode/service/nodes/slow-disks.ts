/**
 * Looks at the times of calls that datanodes report of their disks, now and then, and marks those that are to be avoided.
 * Placement and readers go by the marks: comparing all disks of a cluster is too much for each of their questions.
 */
import type { Clock } from '../../../shared/clock.js'
import type { Log } from '../../../shared/log.js'
import { type RememberedSlow, rememberSlow } from '../../policy/remember-slow.js'
import { isUsable } from './cluster-node.js'
import type { ClusterRegistry } from './cluster-registry.js'

/** Heartbeats bring figures of minutes: nothing changes with each. */
const HEARTBEATS_PER_REVIEW = 3

export interface SlowDisksOptions {
  readonly clock: Clock
  readonly log: Log
  readonly registry: ClusterRegistry
  readonly heartbeatIntervalMs: number
  /** false: slow disks are told and used like others. */
  readonly mayAvoid: boolean
}

export class SlowDisks {
  readonly #options: SlowDisksOptions
  #current: readonly RememberedSlow[] = []
  #nextMs = Number.NEGATIVE_INFINITY

  constructor(options: SlowDisksOptions) {
    this.#options = options
  }

  /** Of the last review: slow ones first, then those that were a while ago. */
  get current(): readonly RememberedSlow[] {
    return this.#current
  }

  /** May be called as often as is convenient. */
  review(): void {
    const { clock, registry, heartbeatIntervalMs, mayAvoid } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + HEARTBEATS_PER_REVIEW * heartbeatIntervalMs
    const before = new Set(this.#current.map((it) => it.storageId))
    this.#current = rememberSlow(this.#current, this.#measured(), nowMs).map((it) => ({
      ...it,
      isAvoided: it.isAvoided && mayAvoid,
    }))
    const avoided = new Set(this.#current.flatMap((it) => (it.isAvoided ? it.storageId : [])))
    for (const { storages } of registry.nodes()) {
      for (const storage of storages.values()) storage.isSlow = avoided.has(storage.storageId)
    }
    this.#tell(before)
  }

  /** Storages of nodes that are heard of. */
  #measured() {
    const live = this.#options.registry.nodes().filter((it) => it.liveness === 'live')
    return live.flatMap(({ uuid: datanodeUuid, storages }) =>
      [...storages.values()]
        .filter(isUsable)
        .map(({ storageId, type, latencies }) => ({ datanodeUuid, storageId, type, latencies })),
    )
  }

  #tell(before: ReadonlySet<string>): void {
    const { log } = this.#options
    const now = new Set(this.#current.map((it) => it.storageId))
    for (const { lastSlowMs: _, ...it } of this.#current) {
      if (!before.has(it.storageId)) log.warn(it, 'disk is slow compared with the others')
    }
    for (const storageId of before) {
      if (!now.has(storageId)) log.info({ storageId }, 'disk is no longer taken to be slow')
    }
  }
}
