/**
 * Empties the trash as HDFS does: at every checkpoint interval each user's checkpoints that are older than the trash
 * interval are deleted, and what was deleted since the last one becomes a checkpoint.
 */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { Clock } from '../../shared/clock.js'
import { toDfsError } from '../../shared/errors.js'
import {
  CHECKPOINT_ATTEMPTS,
  CURRENT_TRASH,
  checkpointName,
  isCheckpointDue,
  TRASH_FOLDER,
} from '../../shared/trash-checkpoint.js'
import type { Call } from '../service/access/call.js'
import type { Namespace } from '../service/namespace/namespace.js'

const HOMES = '/user'
const HOMES_PER_TICK = 50
const PAGE = 1000
/** Entries of one user's trash that are looked at in a round: a checkpoint is one, whatever is in it. */
const MAX_PAGES = 10
/** Longest sleep: the wall clock, which names checkpoints, may be set meanwhile. */
const LONGEST_PAUSE_MS = 60_000

export interface TrashEmptierParts {
  readonly namespace: Pick<Namespace, 'list' | 'status' | 'delete' | 'renameStrictly'>
  readonly clock: Clock
  /** In whose name it is done: a superuser. */
  readonly call: Call
  readonly isInSafeMode: () => boolean
  readonly keepMs: number
  readonly checkpointMs: number
}

/** The tick of the trash emptier: waits for the next round, then does some homes at a time. */
export function trashTick(parts: TrashEmptierParts): () => Promise<TickOutcome> {
  const { clock, namespace, call, checkpointMs } = parts
  let dueMs = nextRound(clock.wallMs(), checkpointMs)
  /** Name of the home that was done last in the round under way. */
  let after: string | undefined
  const wait = (nowMs: number): TickOutcome => {
    const leftMs = Math.max(1, dueMs - nowMs)
    return { kind: 'idle', forMs: Math.min(leftMs, LONGEST_PAUSE_MS) }
  }
  return async () => {
    const nowMs = clock.wallMs()
    if (after === undefined) {
      dueMs = Math.min(dueMs, nextRound(nowMs, checkpointMs))
      if (nowMs < dueMs) return wait(nowMs)
      dueMs = nextRound(nowMs, checkpointMs)
      if (parts.isInSafeMode()) return wait(nowMs)
      after = ''
    }
    const homes = namespace.list(call, HOMES, after, HOMES_PER_TICK)
    const names = (homes?.entries ?? []).filter((it) => it.kind === 'directory')
    after =
      homes === undefined || homes.remainingEntries === 0 ? undefined : homes.entries.at(-1)?.name
    const failures: unknown[] = []
    for (const { name } of names) {
      try {
        await age(parts, `${HOMES}/${name}/${TRASH_FOLDER}`, nowMs)
      } catch (error) {
        // One user's trash that cannot be aged must not keep the others full; the loop reports what failed.
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'trash was not emptied')
    return after === undefined ? wait(nowMs) : { kind: 'again' }
  }
}

const nextRound = (nowMs: number, periodMs: number) => (Math.floor(nowMs / periodMs) + 1) * periodMs

async function age(parts: TrashEmptierParts, trash: string, nowMs: number): Promise<void> {
  const { namespace, call, keepMs } = parts
  if (namespace.status(call, trash)?.kind !== 'directory') return
  let after = ''
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = namespace.list(call, trash, after, PAGE)
    for (const { name } of page?.entries ?? []) {
      if (!isCheckpointDue(name, nowMs, keepMs)) continue
      await namespace.delete(call, {
        path: `${trash}/${name}`,
        recursive: true,
        // It has been kept once.
        isFinal: true,
      })
    }
    after = page?.entries.at(-1)?.name ?? ''
    if (page === undefined || page.remainingEntries === 0) break
  }
  const current = `${trash}/${CURRENT_TRASH}`
  if (namespace.status(call, current) !== undefined) await putAside(parts, trash, current, nowMs)
}

async function putAside(
  { namespace, call }: TrashEmptierParts,
  trash: string,
  from: string,
  nowMs: number,
): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const to = `${trash}/${checkpointName(nowMs, attempt)}`
    try {
      await namespace.renameStrictly(call, { from, to, overwrite: false })
      return
    } catch (error) {
      const isTaken = toDfsError(error).code === 'ALREADY_EXISTS'
      if (!isTaken || attempt + 1 >= CHECKPOINT_ATTEMPTS) throw error
    }
  }
}
