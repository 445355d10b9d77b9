import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketDigests,
  bucketOf,
  type DigestedReplica,
  digestOf,
} from '../../../../shared/control/block-digest.js'

const replica = fc.record<DigestedReplica>({
  id: fc.integer({ min: 0, max: 20_000 }),
  generationStamp: fc.integer({ min: 1001, max: 1010 }),
  lengthBytes: fc.nat(2 ** 40),
  state: fc.constantFrom('finalized', 'being-written'),
})
const replicas = fc.uniqueArray(replica, { selector: (item) => item.id, maxLength: 40 })

describe('block digests', () => {
  it('hash a fixed encoding, so that both ends agree', () => {
    const block = {
      id: 1073741825,
      generationStamp: 1001,
      lengthBytes: 5,
      state: 'finalized',
    } as const
    expect(digestOf([block])).toBe('3501ba6b95358725')
    expect(digestOf([])).toBe('0000000000000000')
  })

  it('put ids that differ in their low 12 bits into one bucket, also beyond 32 bits', () => {
    expect(bucketOf(4095)).toBe(0)
    expect(bucketOf(4096)).toBe(1)
    expect(bucketOf(2 ** 52)).toBe(2 ** 40)
  })

  it('do not depend on the order of the replicas', () => {
    fc.assert(
      fc.property(replicas, (items) => {
        expect(bucketDigests(items.toReversed())).toEqual(bucketDigests(items))
      }),
    )
  })

  it('change when any field of any replica changes', () => {
    fc.assert(
      fc.property(
        replicas.filter((items) => items.length > 0),
        replica,
        (items, change) => {
          const [first, ...rest] = items as [DigestedReplica, ...DigestedReplica[]]
          const other = { ...change, id: first.id }
          fc.pre(JSON.stringify(other) !== JSON.stringify(first))
          expect(bucketDigests([other, ...rest])).not.toEqual(bucketDigests(items))
        },
      ),
    )
  })

  it('list each non-empty bucket once, in order, with its count', () => {
    const at = (id: number): DigestedReplica => ({
      id,
      generationStamp: 1,
      lengthBytes: 0,
      state: 'finalized',
    })
    expect(bucketDigests([at(9000), at(1), at(2)])).toEqual([
      { bucket: 0, count: 2, digest: digestOf([at(1), at(2)]) },
      { bucket: 2, count: 1, digest: digestOf([at(9000)]) },
    ])
  })
})
