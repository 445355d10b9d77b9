import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderLocations } from '../../../../namenode/policy/order-locations.js'
import { reachableAddress } from '../../../../namenode/policy/reachable-address.js'
import { agreeOnLength, agreeOnTruncation } from '../../../../namenode/policy/recovery-length.js'
import { judgeStartup, type StartupNode } from '../../../../namenode/policy/safe-mode.js'
import { blockId, datanodeUuid, FIRST_BLOCK_ID } from '../../../../shared/ids.js'
import { isIpAddress } from '../../../../shared/ip-address.js'

const node = (change: Partial<StartupNode> = {}): StartupNode => ({
  liveness: 'live',
  isRegistered: true,
  isConfirmed: true,
  ...change,
})
const WAITING = node({ liveness: 'stale', isRegistered: false, isConfirmed: false })
const REGISTERED = node({ isConfirmed: false })
const DEAD = node({ liveness: 'dead', isRegistered: false, isConfirmed: false })

describe('a namenode that has just started', () => {
  it.each([
    { name: 'an empty cluster', nodes: [], sampled: 0, confirmed: 0, may: [true, true, true] },
    {
      name: 'nobody there yet',
      nodes: [WAITING],
      sampled: 9,
      confirmed: 0,
      may: [false, false, false],
    },
    {
      name: 'registered, not reported',
      nodes: [REGISTERED],
      sampled: 9,
      confirmed: 0,
      may: [false, false, false],
    },
    {
      name: 'registered for long, not reported',
      nodes: [node(), REGISTERED],
      sampled: 9,
      confirmed: 3,
      allKnownForMs: 60_000,
      may: [false, true, false],
    },
    {
      name: 'enough is confirmed',
      nodes: [node(), WAITING],
      sampled: 9,
      confirmed: 9,
      may: [true, false, false],
    },
    {
      name: 'not quite enough',
      nodes: [node(), WAITING],
      sampled: 9,
      confirmed: 8,
      may: [false, false, false],
    },
    {
      name: 'all reported, some lost',
      nodes: [node(), DEAD],
      sampled: 9,
      confirmed: 3,
      may: [true, true, true],
    },
  ])(
    '$name: may write, copy, delete = $may',
    ({ nodes, sampled, confirmed, may, allKnownForMs = 0 }) => {
      const judged = judgeStartup({
        nodes,
        sampledBlocks: sampled,
        confirmedBlocks: confirmed,
        threshold: 0.999,
        allKnownForMs,
      })
      expect([judged.mayWrite, judged.mayCopy, judged.mayDelete]).toEqual(may)
      expect(judged.reason === '').toBe(judged.mayWrite)
    },
  )
})

describe('locations for a reader', () => {
  const place = (name: string, change: object = {}) => ({
    name,
    uuid: datanodeUuid(name),
    liveness: 'live' as const,
    adminState: 'normal' as const,
    isCorrupt: false,
    isSlow: false,
    addresses: [`10.0.0.${name.length}`],
    rack: '/far',
    activeTransfers: 0,
    ...change,
  })
  it('are near before far, idle before busy, any before slow disks, live before stale, sound before corrupt', () => {
    const ordered = orderLocations(
      FIRST_BLOCK_ID,
      [
        place('corrupt', { isCorrupt: true, addresses: ['10.9.9.9'] }),
        place('stale', { liveness: 'stale', addresses: ['10.9.9.9'] }),
        place('slow and here', { isSlow: true, addresses: ['10.9.9.9'] }),
        place('slow', { isSlow: true }),
        place('maintained', { adminState: 'in-maintenance', addresses: ['10.9.9.9'] }),
        place('leaving', { adminState: 'decommissioning', addresses: ['10.9.9.9'] }),
        place('busy', { activeTransfers: 16 }),
        place('idle'),
        place('rack', { rack: '/near' }),
        place('here', { addresses: ['10.9.9.9'], activeTransfers: 9 }),
      ],
      { address: '10.9.9.9', rack: '/near' },
    )
    expect(ordered.map((it) => it.name)).toEqual([
      'here',
      'rack',
      'idle',
      'busy',
      'slow and here',
      'slow',
      'leaving',
      'maintained',
      'stale',
      'corrupt',
    ])
  })

  const nodes = ['one', 'three', 'seventeen'].map((name) => place(name))
  const reader = { address: '10.9.9.9', rack: undefined }
  const firstOf = (block: number, locations = nodes) =>
    orderLocations(blockId(block), locations, reader)[0]?.name

  it('equal ones stand in the same order for every reader of a block, whatever the order they come in', () => {
    for (let block = 1; block <= 50; block += 1) {
      expect(firstOf(block, nodes.toReversed())).toBe(firstOf(block))
    }
  })

  it('different blocks are read from different nodes, each in its part', () => {
    const counts = new Map<string, number>()
    for (let block = 1; block <= 3000; block += 1) {
      const first = firstOf(FIRST_BLOCK_ID + block) ?? ''
      counts.set(first, (counts.get(first) ?? 0) + 1)
    }
    expect(counts.size).toBe(3)
    for (const count of counts.values()) expect(count).toBeGreaterThan(900)
  })

  it('a few streams do not drive readers away from what a node has in memory, many do', () => {
    const first = firstOf(7) ?? ''
    const withStreams = (activeTransfers: number) =>
      nodes.map((it) => (it.name === first ? { ...it, activeTransfers } : it))
    expect(firstOf(7, withStreams(15))).toBe(first)
    expect(firstOf(7, withStreams(16))).not.toBe(first)
  })
})

describe('the address between two datanodes', () => {
  it.each([
    [['127.0.0.1', '10.0.0.5'], ['127.0.0.1', '10.0.0.6'], '10.0.0.5'],
    [['127.0.0.1'], ['127.0.0.1'], '127.0.0.1'],
    [['10.0.0.5', '127.0.0.1'], ['10.0.0.5', '127.0.0.1'], '10.0.0.5'],
    [['172.17.0.1', '10.0.0.5', '127.0.0.1'], ['172.17.0.1', '10.0.0.6', '127.0.0.1'], '10.0.0.5'],
    [['127.0.0.1', '10.0.0.5'], ['10.0.0.6'], '10.0.0.5'],
    [['192.168.1.5', '10.0.0.5'], ['10.0.0.6'], '10.0.0.5'],
    [['fe80::1', '2001:db8::5'], ['2001:db8::6'], '2001:db8::5'],
    [['10.0.0.5'], ['192.168.0.1'], '10.0.0.5'],
  ])('of %j seen from %j is %s', (addresses, from, expected) => {
    expect(reachableAddress(addresses, from)).toBe(expected)
  })
  it.each(['127.0.0.1', '::1', 'fe80::1%eth0', '::ffff:10.0.0.1'])('%s is an address', (it) => {
    expect(isIpAddress(it)).toBe(true)
  })
  it.each(['localhost', 'evil.example', '256.1.1.1', '1.2.3', 'a:b', '', '127.0.0.1/..'])(
    '%j is none',
    (it) => {
      expect(isIpAddress(it)).toBe(false)
    },
  )
})

const candidate = (name: string, generationStamp: number, lengthBytes: number) => ({
  datanodeUuid: datanodeUuid(name),
  generationStamp,
  lengthBytes,
})

describe('who is cut in a truncation', () => {
  it('is every replica of this version or a newer one that is long enough', () => {
    const candidates = [candidate('a', 5, 90), candidate('b', 6, 30), candidate('c', 4, 90)]
    const block = { generationStamp: 5, truncateBytes: 30 }
    expect(agreeOnTruncation([...candidates, candidate('d', 5, 29)], block)).toEqual({
      kind: 'agreed',
      lengthBytes: 30,
      participants: ['a', 'b'],
    })
    expect(agreeOnTruncation([candidate('c', 4, 90)], block)).toEqual({ kind: 'undecided' })
  })
})

describe('the length of a recovered block', () => {
  it('is the shortest of the newest version that has what readers were promised', () => {
    const decision = agreeOnLength(
      [candidate('a', 5, 90), candidate('b', 5, 70), candidate('c', 5, 40), candidate('d', 4, 60)],
      { generationStamp: 5, visibleBytes: 50 },
    )
    expect(decision).toEqual({ kind: 'agreed', lengthBytes: 70, participants: ['a', 'b'] })
  })
  it('is never less than what was promised, whatever the survivors', () => {
    const anyCandidate = fc.record({ stamp: fc.integer({ min: 4, max: 6 }), length: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(anyCandidate, { maxLength: 5 }), fc.nat(100), (drawn, visibleBytes) => {
        const decision = agreeOnLength(
          drawn.map((it, index) => candidate(`n${index}`, it.stamp, it.length)),
          { generationStamp: 5, visibleBytes },
        )
        if (decision.kind === 'agreed') {
          expect(decision.lengthBytes).toBeGreaterThanOrEqual(visibleBytes)
        }
      }),
    )
  })
})
