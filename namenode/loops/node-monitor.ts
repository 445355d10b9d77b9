/** Follows the orders for datanodes: ends maintenance that is over, and looks at what still depends on those that go. */
import type { TickOutcome } from '../../shared/background-loop.js'
import type { NodeAdministration } from '../service/nodes/node-administration.js'

/** Blocks of each node looked at in one tick: about 5 ms. */
const BLOCKS_PER_TICK = 200

/** The tick of the node monitor. @param parts.periodMs pause between two rounds */
export function nodeTick(parts: {
  readonly administration: NodeAdministration
  readonly periodMs: number
}): () => Promise<TickOutcome> {
  const { administration, periodMs } = parts
  let isInRound = false
  return async () => {
    if (!isInRound) {
      await administration.expire()
      administration.review()
      administration.beginRound()
    }
    isInRound = administration.step(BLOCKS_PER_TICK)
    return isInRound ? { kind: 'again' } : { kind: 'idle', forMs: periodMs }
  }
}
