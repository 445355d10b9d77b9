import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADMIN_STATES } from '../../../../namenode/policy/admin-state.js'
import { chooseExcess, type RemovableReplica } from '../../../../namenode/policy/choose-excess.js'
import { isBad } from '../../../../namenode/policy/judge-replica.js'
import {
  HOT_POLICY,
  requirePolicy,
  STORAGE_POLICIES,
} from '../../../../namenode/policy/storage-policies.js'
import { datanodeUuid, storageId } from '../../../../shared/ids.js'

const replica = (name: string, change: Partial<RemovableReplica> = {}): RemovableReplica => ({
  datanodeUuid: datanodeUuid(name),
  storageId: storageId(`DS-${name}`),
  storageType: 'DISK',
  isReplaced: false,
  rack: '/r1',
  liveness: 'live',
  adminState: 'normal',
  judgement: 'good',
  isConfirmed: true,
  isLeaving: false,
  usedShare: 0.5,
  ...change,
})
const names = (replicas: readonly RemovableReplica[]) => replicas.map((it) => it.datanodeUuid)
const choose = (target: number, replicas: RemovableReplica[], canCopyElsewhere = true) =>
  names(chooseExcess({ target, policy: HOT_POLICY, replicas, canCopyElsewhere }))

describe('excess replicas', () => {
  it('are none at the target', () => {
    expect(choose(3, [replica('a'), replica('b'), replica('c')])).toEqual([])
  })
  it('come from the fullest node', () => {
    const all = [replica('a'), replica('b', { usedShare: 0.9 }), replica('c')]
    expect(choose(2, all)).toEqual(['b'])
  })
  it('leave as many racks as there are, even from a fuller node', () => {
    const all = [replica('a'), replica('b'), replica('c', { rack: '/r2', usedShare: 0.9 })]
    expect(choose(2, all)).not.toContain('c')
  })
  it('are of a type that the policy does not want, then the fullest', () => {
    const archive = replica('b', { storageType: 'ARCHIVE' })
    const all = [replica('a', { usedShare: 0.9 }), archive, replica('c')]
    expect(choose(2, all)).toEqual(['b'])
    const cold = { target: 1, policy: requirePolicy('COLD'), canCopyElsewhere: true }
    expect(names(chooseExcess({ ...cold, replicas: all }))).toEqual(['a', 'c'])
  })
  it('are what the mover has replaced, unless a rack would be lost', () => {
    const all = [replica('a'), replica('b', { isReplaced: true }), replica('c', { usedShare: 1 })]
    expect(choose(2, all)).toEqual(['b'])
    const alone = all.map((it, index) => (index === 1 ? { ...it, rack: '/r2' } : it))
    expect(choose(2, alone)).toEqual(['c'])
  })
  it('are first a second one on a node', () => {
    const twice = replica('a', { storageId: storageId('DS-other') })
    const all = [replica('a'), twice, replica('b', { usedShare: 1 })]
    expect(choose(2, all)).toEqual(['a'])
  })
  it.each([
    ['unconfirmed', { isConfirmed: false }],
    ['on a stale node', { liveness: 'stale' }],
    ['on a dead node', { liveness: 'dead' }],
    ['leaving', { isLeaving: true }],
    ['of the future', { judgement: 'future' }],
    ['on a node that is to leave', { adminState: 'decommissioning' }],
    ['on a node that has left', { adminState: 'decommissioned' }],
    ['on a node in maintenance', { adminState: 'in-maintenance' }],
  ] as const)('never lean on one that is %s', (_name, change) => {
    expect(choose(2, [replica('a'), replica('b'), replica('c', change)])).toEqual([])
  })
  it('never include unknown replicas', () => {
    const all = [replica('a'), replica('b'), replica('c', { judgement: 'unknown' })]
    expect(choose(1, all)).not.toContain('c')
  })
})

describe('bad replicas', () => {
  it('stay until enough good ones exist elsewhere', () => {
    const bad = replica('c', { judgement: 'corrupt' })
    expect(choose(3, [replica('a'), replica('b'), bad])).toEqual([])
    expect(choose(2, [replica('a'), replica('b'), bad])).toEqual(['c'])
  })
  it('make room one at a time when there is no other place', () => {
    const bad = (name: string) => replica(name, { judgement: 'corrupt' })
    expect(choose(3, [replica('a'), bad('b'), bad('c')], false)).toHaveLength(1)
    expect(choose(3, [bad('a'), bad('b'), bad('c')], false)).toEqual([])
    const unsure = replica('a', { isConfirmed: false })
    expect(choose(3, [unsure, bad('b'), bad('c')], false)).toEqual([])
  })
})

const anyReplica = fc.record({
  datanodeUuid: fc.constantFrom('a', 'b', 'c', 'd', 'e').map(datanodeUuid),
  storageId: fc.constantFrom('s1', 's2').map(storageId),
  storageType: fc.constantFrom('DISK', 'SSD', 'ARCHIVE', 'RAM_DISK'),
  isReplaced: fc.boolean(),
  rack: fc.constantFrom('/r1', '/r2'),
  liveness: fc.constantFrom('live', 'live', 'stale', 'dead'),
  adminState: fc.constantFrom('normal', 'normal', ...ADMIN_STATES),
  judgement: fc.constantFrom(
    'good',
    'good',
    'corrupt',
    'stale',
    'wrong-length',
    'future',
    'unknown',
  ),
  isConfirmed: fc.boolean(),
  isLeaving: fc.boolean(),
  usedShare: fc.double({ min: 0, max: 1, noNaN: true }),
}) satisfies fc.Arbitrary<RemovableReplica>

const anyQuestion = fc.record({
  target: fc.integer({ min: 1, max: 4 }),
  policy: fc.constantFrom(...STORAGE_POLICIES),
  canCopyElsewhere: fc.boolean(),
  replicas: fc.uniqueArray(anyReplica, {
    maxLength: 8,
    selector: (it) => `${it.datanodeUuid}/${it.storageId}`,
  }),
})

const trusted = (it: RemovableReplica) =>
  it.judgement === 'good' &&
  it.isConfirmed &&
  it.liveness === 'live' &&
  it.adminState === 'normal' &&
  !it.isLeaving
const distinct = (replicas: readonly RemovableReplica[]) => new Set(names(replicas)).size

describe('in any situation', () => {
  it('the good replicas that remain reach the target, or none was taken (I8)', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const chosen = chooseExcess(question)
        const left = question.replicas.filter((it) => trusted(it) && !chosen.includes(it))
        const tookGood = chosen.some((it) => it.judgement === 'good')
        expect(!tookGood || distinct(left) >= question.target).toBe(true)
        expect(chosen.length === 0 || left.length > 0).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('a bad replica goes only when the target is met elsewhere, or alone to make room', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const chosen = chooseExcess(question)
        const bad = chosen.filter((it) => isBad(it.judgement))
        for (const it of bad) {
          const elsewhere = question.replicas.filter(
            (other) =>
              trusted(other) && !chosen.includes(other) && other.datanodeUuid !== it.datanodeUuid,
          )
          const makesRoom = !question.canCopyElsewhere && bad.length === 1 && elsewhere.length > 0
          expect(distinct(elsewhere) >= question.target || makesRoom).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('takes as many good ones as an obvious twin that counts', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        const taken = chooseExcess(question).filter((it) => it.judgement === 'good')
        const all = question.replicas.filter(trusted)
        // Keep one on each of `target` nodes; everything else may go, if there are that many nodes.
        const expected = distinct(all) >= question.target ? all.length - question.target : 0
        expect(taken).toHaveLength(Math.max(0, expected))
      }),
      { numRuns: 2000 },
    )
  })
})
