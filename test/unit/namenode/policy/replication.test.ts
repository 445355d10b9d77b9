import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assessBlock, type ReplicaCondition } from '../../../../namenode/policy/assess-block.js'
import type { PlacementNode } from '../../../../namenode/policy/place-replicas.js'
import {
  COPY_RISKS,
  type CopyRisk,
  ReplicationQueue,
} from '../../../../namenode/policy/replication-queue.js'
import {
  type CopyNeed,
  type CopySource,
  scheduleReplication,
} from '../../../../namenode/policy/schedule-replication.js'
import { HOT_POLICY } from '../../../../namenode/policy/storage-policies.js'
import { type BlockId, blockId, datanodeUuid, storageId } from '../../../../shared/ids.js'
import { seededRandom } from '../../../../shared/random.js'

/** `a b? c! d~`: live, stale (?), dead (!), corrupt (~), being written (+), leaving (-), decommissioning (*), maintenance (^). */
function conditions(text: string): ReplicaCondition[] {
  return text
    .split(' ')
    .filter((it) => it !== '')
    .map((word) => ({
      datanodeUuid: datanodeUuid(word[0] ?? ''),
      rack: /[a-m]/.test(word[0] ?? '') ? '/r1' : '/r2',
      liveness: word.includes('?') ? 'stale' : word.includes('!') ? 'dead' : 'live',
      adminState: word.includes('*')
        ? 'decommissioning'
        : word.includes('^')
          ? 'in-maintenance'
          : 'normal',
      judgement: word.includes('~') ? 'corrupt' : word.includes('+') ? 'being-written' : 'good',
      isConfirmed: true,
      isLeaving: word.includes('-'),
    }))
}

describe('the assessment of a block', () => {
  it.each([
    { replicas: 'a b c', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a b', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a', target: 3, risk: 'single-copy', copies: 2 },
    { replicas: '', target: 3, risk: 'missing', copies: 0 },
    { replicas: 'a~', target: 1, risk: 'missing', copies: 0 },
    { replicas: 'a!', target: 1, risk: 'missing', copies: 0 },
    { replicas: 'a b c?', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a b c!', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a b? c?', target: 3, risk: 'single-copy', copies: 1 },
    { replicas: 'a b?', target: 2, risk: 'single-copy', copies: 1 },
    { replicas: 'a?', target: 1, risk: 'none', copies: 0 },
    { replicas: 'a b c', target: 10, risk: 'badly-under', copies: 7 },
    { replicas: 'a b c d', target: 3, risk: 'surplus', copies: 0 },
    { replicas: 'a b c d~', target: 3, risk: 'damaged', copies: 0 },
    { replicas: 'a b c~', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a b c-', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a a b', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a b c', target: 3, racks: 2, risk: 'badly-placed', copies: 1 },
    { replicas: 'a b x', target: 3, racks: 2, risk: 'none', copies: 0 },
    { replicas: 'a b c', target: 3, racks: 2, pending: 1, risk: 'badly-placed', copies: 0 },
    { replicas: 'a b c*', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a b c* d', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a*', target: 1, risk: 'single-copy', copies: 1 },
    { replicas: 'a* b* c*', target: 3, risk: 'under', copies: 3 },
    { replicas: 'a*!', target: 1, risk: 'missing', copies: 0 },
    { replicas: 'a b* x', target: 2, racks: 2, risk: 'none', copies: 0 },
    { replicas: 'a b c^', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a b c^!', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a b^ c^', target: 3, risk: 'under', copies: 1 },
    { replicas: 'a b^! c^!', target: 3, risk: 'single-copy', copies: 1 },
    { replicas: 'a b^', target: 2, risk: 'none', copies: 0 },
    { replicas: 'a^', target: 1, risk: 'single-copy', copies: 1 },
    { replicas: 'a b c d^', target: 3, risk: 'none', copies: 0 },
    { replicas: 'a b', target: 3, pending: 1, risk: 'under', copies: 0 },
    { replicas: 'a b+ c+', target: 3, risk: 'single-copy', copies: 2 },
    { replicas: 'a b+ c+', target: 3, settling: true, risk: 'none', copies: 0 },
  ])('of "$replicas" for $target is $risk, $copies copies', (row) => {
    const assessment = assessBlock({
      target: row.target,
      maintenanceMinimum: 2,
      replicas: conditions(row.replicas),
      pendingCopies: row.pending ?? 0,
      liveRacks: row.racks ?? 1,
      isSettling: row.settling ?? false,
    })
    expect(assessment).toMatchObject({ risk: row.risk, copiesNeeded: row.copies })
  })
})

describe('the queue', () => {
  it('gives the worst first, the oldest first among equals, and each block once', () => {
    const queue = new ReplicationQueue({ capacity: 10 })
    queue.offer(blockId(1), 'under')
    queue.offer(blockId(2), 'under')
    queue.offer(blockId(3), 'badly-placed')
    queue.offer(blockId(4), 'single-copy')
    expect(queue.offer(blockId(2), 'single-copy')).toBe('merged')
    expect(queue.take(9)).toEqual([4, 2, 1, 3])
    expect(queue.size).toBe(0)
  })
  it('being full gives up a lesser risk for a worse one, and nothing else', () => {
    const queue = new ReplicationQueue({ capacity: 2 })
    queue.offer(blockId(1), 'under')
    queue.offer(blockId(2), 'badly-placed')
    expect(queue.offer(blockId(3), 'badly-placed')).toBe('full')
    expect(queue.offer(blockId(4), 'single-copy')).toBe('added')
    expect(queue.take(9)).toEqual([4, 1])
  })
  it('gives what was put off a fifth of the turns, in the order in which it was, and the rest to others', () => {
    const queue = new ReplicationQueue({ capacity: 100 })
    for (let id = 1; id <= 20; id += 1) queue.putOff(blockId(id), 'single-copy')
    for (let id = 21; id <= 40; id += 1) queue.offer(blockId(id), 'under')
    expect([queue.size, queue.untried]).toEqual([40, 20])
    expect(queue.take(10)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 1, 2])
    queue.putOff(blockId(1), 'single-copy')
    expect(queue.offer(blockId(19), 'single-copy')).toBe('merged')
    expect(queue.take(5)).toEqual([19, 29, 30, 31, 3])
    for (let id = 32; id <= 40; id += 1) queue.remove(blockId(id))
    expect(queue.take(99)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 1])
    expect(queue.size).toBe(0)
  })
  it('being full gives up what was put off first, and keeps no more of it than half', () => {
    const queue = new ReplicationQueue({ capacity: 4 })
    for (let id = 1; id <= 5; id += 1) queue.putOff(blockId(id), 'single-copy')
    expect(queue.size).toBe(2)
    for (let id = 6; id <= 9; id += 1) {
      expect(queue.offer(blockId(id), 'badly-placed')).toBe('added')
    }
    expect(queue.take(9)).toEqual([6, 7, 8, 9])
  })
  it('does what an obvious list does', () => {
    const command = fc.oneof(
      fc.record({
        kind: fc.constant('offer' as const),
        block: fc.integer({ min: 1, max: 12 }).map(blockId),
        risk: fc.constantFrom(...COPY_RISKS),
      }),
      fc.record({
        kind: fc.constant('remove' as const),
        block: fc.integer({ min: 1, max: 12 }).map(blockId),
      }),
      fc.record({ kind: fc.constant('take' as const), limit: fc.integer({ min: 0, max: 4 }) }),
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const queue = new ReplicationQueue({ capacity: 100 })
        let list: { block: BlockId; risk: CopyRisk }[] = []
        for (const it of commands) {
          if (it.kind === 'take') {
            const sorted = COPY_RISKS.flatMap((risk) => list.filter((e) => e.risk === risk))
            const expected = sorted.slice(0, it.limit).map((e) => e.block)
            expect(queue.take(it.limit)).toEqual(expected)
            list = list.filter((e) => !expected.includes(e.block))
            continue
          }
          if (it.kind === 'offer') {
            queue.offer(it.block, it.risk)
            if (list.some((e) => e.block === it.block && e.risk === it.risk)) continue
            list = list.filter((e) => e.block !== it.block)
            list.push({ block: it.block, risk: it.risk })
          } else {
            queue.remove(it.block)
            list = list.filter((e) => e.block !== it.block)
          }
          expect(queue.size).toBe(list.length)
        }
      }),
    )
  })
})

/** Those named with capitals are on a rack of their own. */
const placementNode = (name: string): PlacementNode => ({
  uuid: datanodeUuid(name),
  rack: /[A-Z]/.test(name) ? '/other' : '/r',
  liveness: 'live',
  adminState: 'normal',
  isRegistered: true,
  activeTransfers: 0,
  storages: [
    {
      storageId: storageId('DS'),
      type: 'DISK',
      hasFailed: false,
      isSlow: false,
      remainingBytes: 1000,
    },
  ],
})
const source = (name: string, change: Partial<CopySource> = {}): CopySource => ({
  datanodeUuid: datanodeUuid(name),
  storageId: storageId('DS'),
  storageType: 'DISK',
  liveness: 'live',
  adminState: 'normal',
  judgement: 'good',
  isConfirmed: true,
  isDoubtful: false,
  ...change,
})
const need = (id: number, replicas: CopySource[], copies = 1): CopyNeed => ({
  blockId: blockId(id),
  lengthBytes: 100,
  copies,
  replicas,
  excludedTargets: [],
  isBadlyPlaced: false,
  policy: HOT_POLICY,
})
const schedule = (needs: CopyNeed[], names: string, streams = 2) =>
  scheduleReplication(
    {
      needs,
      nodes: [...names].map(placementNode),
      budgets: new Map(
        [...names].map((it) => [datanodeUuid(it), { outgoing: streams, incoming: streams }]),
      ),
    },
    seededRandom(1),
  )

describe('the schedule', () => {
  it('takes a node that lost the volume with its replica as target', () => {
    const replicas = [source('a'), source('b', { liveness: 'dead' })]
    expect(schedule([need(1, replicas)], 'ab').plans).toMatchObject([{ source: 'a', target: 'b' }])
    expect(schedule([need(1, [source('a'), source('b')])], 'ab').plans).toEqual([])
  })

  it.each([
    ['confirmed before unconfirmed', [source('a', { isConfirmed: false }), source('b')]],
    ['live before stale', [source('a', { liveness: 'stale' }), source('b')]],
    ['good before corrupt', [source('a', { judgement: 'corrupt' }), source('b')]],
    ['good before of an old version', [source('a', { judgement: 'stale' }), source('b')]],
    ['trusted before doubtful', [source('a', { isDoubtful: true }), source('b')]],
  ])('takes as source: %s', (_name, replicas) => {
    expect(schedule([need(1, replicas)], 'abc').plans).toMatchObject([{ source: 'b', target: 'c' }])
  })
  it('takes an unconfirmed source when there is no other, but never a corrupt one', () => {
    expect(schedule([need(1, [source('a', { isConfirmed: false })])], 'ab').plans).toHaveLength(1)
    const corrupt = schedule([need(1, [source('a', { judgement: 'corrupt' })])], 'ab')
    expect(corrupt).toMatchObject({ plans: [], postponed: [{ reason: 'no-source' }] })
  })
  it('copies a badly placed block to another rack or not at all', () => {
    const crowded = { ...need(1, [source('a'), source('b'), source('c')]), isBadlyPlaced: true }
    for (let round = 0; round < 20; round += 1) {
      expect(schedule([crowded], 'abcdefghX').plans).toMatchObject([{ target: 'X' }])
    }
    expect(schedule([crowded], 'abcdefgh').postponed).toMatchObject([{ reason: 'no-target' }])
  })
  it('says whether a block waits for a stream or has no place to go', () => {
    expect(schedule([need(1, [source('a')])], 'a').postponed).toMatchObject([
      { reason: 'no-target' },
    ])
    const busy = schedule(
      [1, 2, 3].map((id) => need(id, [source('a')])),
      'ab',
      1,
    )
    expect(busy.plans).toHaveLength(1)
    expect(busy.postponed.map((it) => it.reason)).toEqual(['busy', 'busy'])
  })
  it('never goes beyond a budget, never copies to a holder, never twice to one node', () => {
    const names = 'abcdef'
    const anyNeed = fc.record({
      holders: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
      copies: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(
        fc.array(anyNeed, { maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        (drawn, streams) => {
          const needs = drawn.map(({ holders, copies }, index) =>
            need(
              index + 1,
              holders.map((it) => source(it)),
              copies,
            ),
          )
          const { plans } = schedule(needs, names, streams)
          for (const name of names) {
            expect(plans.filter((it) => it.source === name).length).toBeLessThanOrEqual(streams)
            expect(plans.filter((it) => it.target === name).length).toBeLessThanOrEqual(streams)
          }
          for (const it of needs) {
            const own = plans.filter((plan) => plan.blockId === it.blockId)
            const targets = own.map((plan) => plan.target)
            expect(new Set(targets).size).toBe(targets.length)
            expect(targets.length).toBeLessThanOrEqual(it.copies)
            for (const { datanodeUuid: holder } of it.replicas)
              expect(targets).not.toContain(holder)
          }
        },
      ),
    )
  })
})
