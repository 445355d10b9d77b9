import { describe, expect, it } from 'vitest'
import {
  type JudgedBlock,
  judgeReplica,
  type ReplicaJudgement,
  type ReportedReplica,
} from '../../../../namenode/policy/judge-replica.js'

const block = (state: 'committed' | 'under-construction'): JudgedBlock => ({
  kind: 'known',
  generationStamp: 10,
  lengthBytes: 100,
  state,
})
const replica = (
  generationStamp: number,
  lengthBytes: number,
  state: ReportedReplica['state'],
): ReportedReplica => ({ generationStamp, lengthBytes, state })

/** Every combination of version, length and state: [stamp, length, state, committed, under construction]. */
const TABLE: [number, number, ReportedReplica['state'], ReplicaJudgement, ReplicaJudgement][] = [
  [9, 99, 'finalized', 'stale', 'stale'],
  [9, 100, 'finalized', 'stale', 'stale'],
  [9, 100, 'being-written', 'stale', 'stale'],
  [9, 100, 'corrupt', 'stale', 'stale'],
  [10, 99, 'finalized', 'wrong-length', 'wrong-length'],
  [10, 100, 'finalized', 'good', 'good'],
  [10, 101, 'finalized', 'wrong-length', 'good'],
  [10, 99, 'being-written', 'being-written', 'being-written'],
  [10, 100, 'being-written', 'being-written', 'being-written'],
  [10, 101, 'being-written', 'being-written', 'being-written'],
  [10, 99, 'corrupt', 'corrupt', 'corrupt'],
  [10, 100, 'corrupt', 'corrupt', 'corrupt'],
  [11, 100, 'finalized', 'future', 'future'],
  [11, 99, 'being-written', 'future', 'future'],
  [11, 100, 'corrupt', 'corrupt', 'corrupt'],
]

describe('a reported replica', () => {
  it.each(TABLE)('with stamp %i, %i bytes, %s is %s (%s while the block is written)', (...row) => {
    const [stamp, length, state, committed, open] = row
    expect(judgeReplica(replica(stamp, length, state), block('committed'))).toBe(committed)
    expect(judgeReplica(replica(stamp, length, state), block('under-construction'))).toBe(open)
  })

  it.each(['finalized', 'being-written', 'corrupt'] as const)(
    'of a block without a file is judged by what the namespace says (%s)',
    (state) => {
      expect(judgeReplica(replica(10, 100, state), { kind: 'deleted' })).toBe('deleted')
      expect(judgeReplica(replica(10, 100, state), { kind: 'unknown' })).toBe('unknown')
    },
  )
})
