/**
 * Feeds the start-up policy and remembers its word: what was allowed once stays allowed in this run. How much of the
 * namespace is confirmed is judged on a sample (all blocks of a small namespace), since counting all of them would make
 * the start grow with the number of files.
 */

import type { Clock } from '../../../shared/clock.js'
import { type BlockId, blockId } from '../../../shared/ids.js'
import type { Random } from '../../../shared/random.js'
import {
  areAllKnown,
  judgeStartup,
  type StartupReadiness as Readiness,
} from '../../policy/safe-mode.js'
import type { Namespace } from '../namespace/namespace.js'
import { isNodeConfirmed } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { ReplicaMap } from './replica-map.js'

const SAMPLE_BLOCKS = 1000

export interface StartupReadinessOptions {
  readonly registry: ClusterRegistry
  readonly map: ReplicaMap
  readonly namespace: Pick<Namespace, 'blocksAfter' | 'totals'>
  readonly clock: Clock
  readonly random: Random
  readonly threshold: number
  /** Called once when copies or deletions become allowed. */
  readonly onAllowed: () => void
}

export class StartupReadiness {
  readonly #options: StartupReadinessOptions
  readonly #unconfirmed: Set<BlockId>
  readonly #sampled: number
  /** Since when every node is known to be there or dead. */
  #allKnownSinceMs: number | undefined
  #current: Readiness = { mayWrite: false, mayCopy: false, mayDelete: false, reason: '' }

  constructor(options: StartupReadinessOptions) {
    this.#options = options
    this.#unconfirmed = sample(options.namespace, options.random)
    this.#sampled = this.#unconfirmed.size
    this.refresh()
  }

  get current(): Readiness {
    return this.#current
  }

  /** Judges again: after a report, a registration, a death, and now and then. */
  refresh(): void {
    const last = this.#current
    if (last.mayWrite && last.mayCopy && last.mayDelete) return
    const { registry, threshold, onAllowed } = this.#options
    this.#reviewSample()
    const nodes = registry.nodes().map((it) => ({
      liveness: it.liveness,
      isRegistered: it.session !== undefined,
      isConfirmed: isNodeConfirmed(it),
    }))
    const judged = judgeStartup({
      nodes,
      allKnownForMs: this.#allKnownForMs(areAllKnown(nodes)),
      sampledBlocks: this.#sampled,
      confirmedBlocks: this.#sampled - this.#unconfirmed.size,
      threshold,
    })
    const mayWrite = last.mayWrite || judged.mayWrite
    this.#current = {
      mayWrite,
      mayCopy: last.mayCopy || judged.mayCopy,
      mayDelete: last.mayDelete || judged.mayDelete,
      reason: mayWrite ? '' : judged.reason,
    }
    const isNew =
      this.#current.mayCopy !== last.mayCopy || this.#current.mayDelete !== last.mayDelete
    if (isNew) onAllowed()
  }

  #allKnownForMs(areAllKnownNow: boolean): number {
    const nowMs = this.#options.clock.monotonicMs()
    if (!areAllKnownNow) this.#allKnownSinceMs = undefined
    else this.#allKnownSinceMs ??= nowMs
    return nowMs - (this.#allKnownSinceMs ?? nowMs)
  }

  #reviewSample(): void {
    if (this.#current.mayWrite) return
    const { map } = this.#options
    for (const id of this.#unconfirmed) {
      const record = map.record(id)
      const isConfirmed =
        record?.state !== 'committed' ||
        map.held(id, record).some((it) => it.judgement === 'good' && it.isConfirmed)
      if (isConfirmed) this.#unconfirmed.delete(id)
    }
  }
}

function sample(
  namespace: Pick<Namespace, 'blocksAfter' | 'totals'>,
  random: Random,
): Set<BlockId> {
  const chosen = new Set<BlockId>()
  const add = (after: BlockId | 0, limit: number) => {
    const blocks = namespace.blocksAfter(after, limit)
    for (const block of blocks) if (block.state === 'committed') chosen.add(block.id)
    return blocks
  }
  if (namespace.totals().blocks <= SAMPLE_BLOCKS) {
    for (let after: BlockId | 0 = 0; ; ) {
      const last = add(after, SAMPLE_BLOCKS).at(-1)
      if (last === undefined || chosen.size > SAMPLE_BLOCKS) return chosen
      after = last.id
    }
  }
  const first = namespace.blocksAfter(0, 1)[0]?.id ?? blockId(1)
  const last = lastBlock(namespace, first)
  for (let draw = 0; draw < SAMPLE_BLOCKS; draw += 1) {
    add(blockId(first - 1 + random.below(last - first + 1)), 1)
  }
  return chosen
}

/** The greatest block id, by bisection: ids are given out in order, with gaps. */
function lastBlock(namespace: Pick<Namespace, 'blocksAfter'>, first: BlockId): BlockId {
  let known: BlockId = first
  for (let step = 1; step >= 1; ) {
    const next = namespace.blocksAfter(blockId(known + step - 1), 1)[0]
    if (next !== undefined) {
      known = next.id
      step *= 2
    } else {
      step = Math.floor(step / 2)
    }
  }
  return known
}
