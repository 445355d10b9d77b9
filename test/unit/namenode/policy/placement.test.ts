import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type PlacementNode,
  type PlacementRequest,
  placeReplicas,
} from '../../../../namenode/policy/place-replicas.js'
import { datanodeUuid, storageId } from '../../../../shared/ids.js'
import { seededRandom } from '../../../../shared/random.js'

const node = (name: string, rack: string, change: Partial<PlacementNode> = {}): PlacementNode => ({
  uuid: datanodeUuid(name),
  rack,
  liveness: 'live',
  adminState: 'normal',
  isRegistered: true,
  activeTransfers: 0,
  storages: [
    {
      storageId: storageId(`DS-${name}`),
      type: 'DISK',
      hasFailed: false,
      isSlow: false,
      remainingBytes: 1000,
    },
  ],
  ...change,
})
const withRoom = (remainingBytes: number, isSlow = false): Partial<PlacementNode> => ({
  storages: [
    { storageId: storageId('DS'), type: 'DISK', hasFailed: false, isSlow, remainingBytes },
  ],
})
const slow = (...slowOnes: boolean[]): Partial<PlacementNode> => ({
  storages: slowOnes.map((isSlow, index) => ({
    storageId: storageId(isSlow ? `slow-${index}` : `quick-${index}`),
    ...{ type: 'DISK', hasFailed: false, isSlow, remainingBytes: 1000 },
  })),
})
const ask = (change: Partial<PlacementRequest> = {}): PlacementRequest => ({
  replicas: 3,
  blockSizeBytes: 100,
  writer: undefined,
  excluded: new Set(),
  existing: [],
  ...change,
})
const place = (request: PlacementRequest, nodes: PlacementNode[], seed = 1) =>
  placeReplicas(request, nodes, seededRandom(seed))
const uuids = (placement: ReturnType<typeof place>) =>
  placement.targets.map((it) => it.datanodeUuid)

const TWO_RACKS = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map((it) => node(it, `/${it[0]}`))

describe('three replicas on two racks', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'follow the writer, another rack, that rack (seed %i)',
    (seed) => {
      const placed = uuids(place(ask({ writer: datanodeUuid('a2') }), TWO_RACKS, seed))
      expect(placed[0]).toBe('a2')
      expect(placed[1]?.[0]).toBe('b')
      expect(placed[2]?.[0]).toBe('b')
      expect(new Set(placed).size).toBe(3)
    },
  )
  it('go on where a pipeline has two on one rack: to the other', () => {
    const existing = ['a1', 'a2'].map(datanodeUuid)
    expect(uuids(place(ask({ replicas: 1, existing }), TWO_RACKS))[0]?.[0]).toBe('b')
  })
})

describe('nodes that the writer asks for', () => {
  const favoured = ['b3', 'gone', 'a3'].map(datanodeUuid)
  it('come first, in its order, and the rule of racks chooses the rest', () => {
    const placed = uuids(place(ask({ favoured, writer: datanodeUuid('a1') }), TWO_RACKS))
    expect(placed.slice(0, 2)).toEqual(['b3', 'a3'])
    expect(placed).toHaveLength(3)
  })
  it('are passed over when they cannot take it', () => {
    const excluded = new Set([datanodeUuid('b3')])
    expect(uuids(place(ask({ favoured, excluded, replicas: 1 }), TWO_RACKS))).toEqual(['a3'])
  })
})

describe('slow disks', () => {
  const SEEDS = Array.from({ length: 30 }, (_, index) => index + 1)
  const slowNode = node('slow', '/r', slow(true, true))
  const others = ['a', 'b', 'c'].map((it) => node(it, '/r'))

  it('are passed over while there are others, also by a writer beside them and for those that ask for them', () => {
    const wanted = [datanodeUuid('slow')]
    for (const seed of SEEDS) {
      for (const change of [{}, { writer: datanodeUuid('slow') }, { favoured: wanted }]) {
        const placed = uuids(place(ask(change), [slowNode, ...others], seed))
        expect([...placed].sort()).toEqual(['a', 'b', 'c'])
      }
    }
  })

  it('are taken before a replica is missing, last', () => {
    for (const seed of SEEDS) {
      const placement = place(ask(), [slowNode, ...others.slice(1)], seed)
      expect(uuids(placement).at(-1)).toBe('slow')
      expect(placement.missing).toBe(0)
    }
    const all = ['x', 'y', 'z'].map((it) => node(it, '/r', slow(true)))
    expect(uuids(place(ask({ writer: datanodeUuid('y') }), all))[0]).toBe('y')
  })

  it('are taken before the rule of racks is broken', () => {
    const apart = node('apart', '/other', slow(true))
    for (const seed of SEEDS) {
      const placement = place(ask({ replicas: 2 }), [apart, ...others], seed)
      expect(uuids(placement)).toContain('apart')
      expect(placement.remark).toBe('')
    }
  })

  it('of a node with others are left to these, and the node gets no more for it', () => {
    const mixed = node('mixed', '/r', slow(true, false, true, true))
    const counts = { mixed: 0, other: 0 }
    for (let seed = 1; seed <= 600; seed += 1) {
      const { targets } = place(ask({ replicas: 1 }), [mixed, node('other', '/r')], seed)
      const [target] = targets
      if (target?.datanodeUuid === 'mixed') expect(target.storageId).toBe('quick-1')
      counts[target?.datanodeUuid === 'mixed' ? 'mixed' : 'other'] += 1
    }
    expect(counts.mixed).toBeGreaterThan(240)
    expect(counts.mixed).toBeLessThan(360)
  })

  it('are taken for want of room elsewhere', () => {
    const full = others.map((it) => node(it.uuid, '/r', withRoom(99)))
    expect(uuids(place(ask({ replicas: 1 }), [slowNode, ...full]))).toEqual(['slow'])
    const [mixed] = [node('mixed', '/r', slow(true, false))]
    const filled = mixed?.storages.map((it) => (it.isSlow ? it : { ...it, remainingBytes: 99 }))
    const placement = place(ask({ replicas: 1 }), [{ ...slowNode, storages: filled ?? [] }])
    expect(placement.targets[0]?.storageId).toBe('slow-0')
  })
})

describe('nodes that cannot take a replica', () => {
  it.each([
    ['stale', { liveness: 'stale' }],
    ['dead', { liveness: 'dead' }],
    ['known from an earlier run only', { isRegistered: false }],
    ['full', withRoom(99)],
    ['without a sound storage', { storages: [] }],
  ] as const)('are left out: %s', (_name, change) => {
    const placement = place(ask({ replicas: 2, writer: datanodeUuid('x') }), [
      node('x', '/a', change),
      node('y', '/a'),
    ])
    expect(uuids(placement)).toEqual(['y'])
    expect(placement.missing).toBe(1)
    expect(placement.remark).toMatch(/1 of 2 replicas placed/)
  })
})

describe('few racks', () => {
  it('yield the rack rule before the number of replicas, and say so', () => {
    const placement = place(
      ask(),
      ['a', 'b', 'c'].map((it) => node(it, '/only')),
    )
    expect(placement.targets).toHaveLength(3)
    expect(placement.remark).toBe('no second rack has room')
  })
})

describe('weights', () => {
  it('send more to nodes with more room and less to do', () => {
    const nodes = [
      node('roomy', '/r', withRoom(9000)),
      node('tight', '/r', withRoom(1000)),
      node('busy', '/r', { ...withRoom(9000), activeTransfers: 8 }),
    ]
    const random = seededRandom(7)
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 2000; draw += 1) {
      const [target] = placeReplicas(ask({ replicas: 1 }), nodes, random).targets
      const uuid = target?.datanodeUuid ?? ''
      counts.set(uuid, (counts.get(uuid) ?? 0) + 1)
    }
    expect(counts.get('roomy')).toBeGreaterThan(1400)
    expect(counts.get('tight')).toBeGreaterThan(50)
    expect(counts.get('busy')).toBeLessThan(400)
  })
})

describe('any cluster', () => {
  it('gets as many targets as there are fit nodes, each once, none of the forbidden', () => {
    const anyNode = fc.record({
      rack: fc.constantFrom('/a', '/b', '/c'),
      liveness: fc.constantFrom('live', 'live', 'stale', 'dead'),
      isRegistered: fc.boolean(),
      room: fc.constantFrom(0, 99, 100, 5000),
      isSlow: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(anyNode, { maxLength: 8 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer(),
        (drawn, replicas, forbidden, seed) => {
          const nodes = drawn.map(({ room, isSlow, ...it }, index) =>
            node(`n${index}`, it.rack, { ...it, ...withRoom(room, isSlow) }),
          )
          const excluded = new Set(nodes.slice(0, forbidden).map((it) => it.uuid))
          const existing = nodes.slice(forbidden, forbidden + 1).map((it) => it.uuid)
          const placement = place(ask({ replicas, excluded, existing }), nodes, seed)
          const fit = nodes.filter(
            (it) =>
              it.liveness === 'live' &&
              it.isRegistered &&
              (it.storages[0]?.remainingBytes ?? 0) >= 100 &&
              !excluded.has(it.uuid) &&
              !existing.includes(it.uuid),
          )
          const chosen = uuids(placement)
          expect(new Set(chosen).size).toBe(chosen.length)
          expect(chosen).toHaveLength(Math.min(replicas, fit.length))
          expect(placement.missing).toBe(replicas - chosen.length)
          for (const uuid of chosen) expect(fit.map((it) => it.uuid)).toContain(uuid)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
