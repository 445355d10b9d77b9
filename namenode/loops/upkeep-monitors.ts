/** The quiet background work: the audit of all blocks, deleted trees, old answers to repeated requests. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import type { BlockId } from '../../shared/ids.js'
import type { Examination } from '../service/blocks/examination.js'
import type { Namespace } from '../service/namespace/namespace.js'

const AUDITED_PER_TICK = 100
/** The first pass after a start finds what changed meanwhile; later ones only guard against our own oversights. */
const FIRST_PASS_PAUSE_MS = 50
const LATER_PASS_PAUSE_MS = 500
const BETWEEN_PASSES_MS = 60_000

/** The tick of the block audit: examines every block of the namespace, slowly, again and again. */
export function auditTick(parts: {
  readonly namespace: Pick<Namespace, 'blocksAfter'>
  readonly examination: Examination
}): () => TickOutcome {
  let after: BlockId | 0 = 0
  let passes = 0
  return () => {
    const blocks = parts.namespace.blocksAfter(after, AUDITED_PER_TICK)
    parts.examination.examineAll(blocks.map((it) => it.id))
    after = blocks.at(-1)?.id ?? 0
    if (blocks.length === AUDITED_PER_TICK) {
      return { kind: 'idle', forMs: passes === 0 ? FIRST_PASS_PAUSE_MS : LATER_PASS_PAUSE_MS }
    }
    after = 0
    passes += 1
    return { kind: 'idle', forMs: BETWEEN_PASSES_MS }
  }
}

const INODES_PER_TICK = 500
const PURGE_PERIOD_MS = 5_000

/** The tick of the purge: takes deleted trees and deleted snapshots apart, a bounded piece in each transaction. */
export function purgeTick(parts: {
  readonly namespace: Pick<Namespace, 'purgeDeletedTrees' | 'freeSnapshots'>
}): () => Promise<TickOutcome> {
  const { namespace } = parts
  return async () => {
    const hasMore =
      (await namespace.purgeDeletedTrees(INODES_PER_TICK)) ||
      (await namespace.freeSnapshots(INODES_PER_TICK))
    return hasMore ? { kind: 'again' } : { kind: 'idle', forMs: PURGE_PERIOD_MS }
  }
}

/** As Hadoop's retry cache keeps them (protocol reference 1.6). */
const REQUEST_MEMORY_MS = 10 * 60_000
const PRUNE_PERIOD_MS = 60_000

/** The tick of the request pruning. */
export function pruneTick(parts: {
  readonly namespace: Pick<Namespace, 'pruneRequests'>
  readonly clock: Clock
}): () => Promise<TickOutcome> {
  return async () => {
    await parts.namespace.pruneRequests(parts.clock.wallMs() - REQUEST_MEMORY_MS)
    return { kind: 'idle', forMs: PRUNE_PERIOD_MS }
  }
}
