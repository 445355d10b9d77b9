/**
 * Who is alive, judged by silence alone. A stale node gets no new replicas and is read last, but keeps what it has;
 * only a dead node's blocks are copied elsewhere, because copying for every short pause would flood the network.
 */
import { assert } from '../../shared/assert.js'

export type Liveness = 'live' | 'stale' | 'dead'

export interface LivenessLimits {
  readonly staleAfterMs: number
  readonly deadAfterMs: number
}

/** @param silentMs time since the last heartbeat, monotonic */
export function classifyLiveness(silentMs: number, limits: LivenessLimits): Liveness {
  assert(limits.staleAfterMs < limits.deadAfterMs, 'a node is stale before it is dead')
  if (silentMs < limits.staleAfterMs) return 'live'
  return silentMs < limits.deadAfterMs ? 'stale' : 'dead'
}
