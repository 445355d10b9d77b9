/** How the counters of a namespace jump when part of its life is lost: nothing that was given out comes again (I5). */
import type { State } from '../../storage/state-store.js'
import type { Edit } from './namespace-edit.js'

/**
 * More than any cluster gives out between two backups; 2^53 has room for millions of jumps. Blocks, stamps, inodes and
 * transactions alike: what a client or a follower still remembers of the lost life must mean nothing now.
 */
export const COUNTER_JUMP = 2 ** 30

/** The edit that jumps from `state`, which knows of all that was given out but for what came within one jump. */
export function jumpFrom(state: Readonly<State>, epoch: number): Extract<Edit, { op: 'restored' }> {
  return {
    op: 'restored',
    epoch,
    transaction: state.lastTransaction + COUNTER_JUMP,
    nextInode: state.nextInode + COUNTER_JUMP,
    nextBlock: state.nextBlock + COUNTER_JUMP,
    nextGeneration: state.nextGeneration + COUNTER_JUMP,
  }
}
