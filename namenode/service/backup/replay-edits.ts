/** Replays edits of a log into a store: what a restore and a verification are made of. */
import { DfsError } from '../../../shared/errors.js'
import type { Database } from '../../storage/database.js'
import type { EditStore } from '../../storage/edit-store.js'
import { openStores } from '../../storage/stores.js'
import { EditApplier } from '../namespace/apply/namespace-apply.js'
import { decodeEdit } from '../namespace/namespace-edit.js'

const EDITS_AT_ONCE = 1000

/**
 * Applies what follows the last transaction of `target`, up to `upTo`.
 * @returns how many edits that were
 * @throws DATABASE_CORRUPT when the log has a gap, or does not reach from one to the other
 */
export function replayEdits(target: Database, log: EditStore, upTo: number): number {
  const applier = new EditApplier(openStores(target))
  let applied = 0
  let expected = applier.state.lastTransaction + 1
  for (;;) {
    const edits = log.after(expected - 1, EDITS_AT_ONCE).filter((it) => it.id <= upTo)
    if (edits.length === 0) break
    target.exec('BEGIN')
    for (const edit of edits) {
      if (edit.id !== expected) throw missing(expected)
      applier.apply(decodeEdit(edit.operation, edit.arguments), edit.timeMs)
      applier.totals.keep()
      applier.effects = { blocks: [], deletedBlocks: [] }
      expected = applier.state.lastTransaction + 1
    }
    applier.flush()
    target.exec('COMMIT')
    applied += edits.length
  }
  if (expected !== upTo + 1) throw missing(expected)
  return applied
}

const missing = (id: number): DfsError =>
  new DfsError('DATABASE_CORRUPT', `transaction ${id} is not in the log of edits`)
