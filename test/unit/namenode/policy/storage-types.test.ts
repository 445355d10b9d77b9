/** Which types of storage a policy wants, and where placement puts replicas by it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlacementNode, placeReplicas } from '../../../../namenode/policy/place-replicas.js'
import { requirePolicy, STORAGE_POLICIES } from '../../../../namenode/policy/storage-policies.js'
import {
  isExcessType,
  missingTypes,
  restingTypes,
  type StorageType,
  type TypeWish,
} from '../../../../namenode/policy/storage-types.js'
import { datanodeUuid, storageId } from '../../../../shared/ids.js'
import { seededRandom } from '../../../../shared/random.js'

const wish = (policy: string, change: Partial<TypeWish> = {}): TypeWish => ({
  policy: requirePolicy(policy),
  existing: [],
  purpose: 'creation',
  mayUseAny: false,
  ...change,
})
const types = (text: string) => text.split(' ').filter((it) => it !== '') as StorageType[]

describe('the types that are missing', () => {
  it.each([
    ['HOT', '', '', 'DISK DISK DISK'],
    ['COLD', '', '', 'ARCHIVE ARCHIVE ARCHIVE'],
    ['WARM', '', '', 'DISK ARCHIVE ARCHIVE'],
    ['ONE_SSD', '', '', 'SSD DISK DISK'],
    ['ALL_SSD', '', 'SSD', 'DISK DISK DISK'],
    ['LAZY_PERSIST', '', '', 'RAM_DISK DISK DISK'],
    ['LAZY_PERSIST', '', 'RAM_DISK', 'DISK DISK DISK'],
    ['ONE_SSD', 'DISK DISK', '', 'SSD'],
    ['ONE_SSD', 'DISK DISK', 'SSD', 'DISK'],
    ['ONE_SSD', 'SSD', 'DISK', 'SSD SSD'],
    ['HOT', '', 'DISK', ''],
    ['COLD', '', 'ARCHIVE', ''],
    ['PROVIDED', '', 'PROVIDED', 'DISK DISK DISK'],
  ])('%s beside [%s] without [%s]: %s', (policy, existing, unavailable, expected) => {
    const asked = wish(policy, { existing: types(existing) })
    expect(missingTypes(asked, 3, new Set(types(unavailable)))).toEqual(types(expected))
  })
  it('have other fallbacks when a block is copied, and never memory', () => {
    const asked = wish('HOT', { existing: ['DISK', 'DISK'], purpose: 'replication' })
    expect(missingTypes(asked, 3, new Set(types('DISK')))).toEqual(['ARCHIVE'])
    expect(missingTypes(wish('LAZY_PERSIST', { purpose: 'replication' }), 2, new Set())).toEqual(
      types('DISK DISK'),
    )
    expect(restingTypes(requirePolicy('LAZY_PERSIST'), 2)).toEqual(types('DISK DISK'))
  })
  it('say what is one too many', () => {
    const warm = requirePolicy('WARM')
    expect(isExcessType(warm, 2, types('DISK DISK'), 'DISK')).toBe(true)
    expect(isExcessType(warm, 2, types('DISK ARCHIVE'), 'DISK')).toBe(false)
  })
})

/** A node for each word: `d` disk, `s` SSD, `a` archive, `r` memory; capitals have no room. */
const cluster = (text: string): PlacementNode[] =>
  text.split(' ').map((letters, index) => ({
    uuid: datanodeUuid(`n${index}`),
    rack: '/r',
    liveness: 'live',
    adminState: 'normal',
    isRegistered: true,
    activeTransfers: 0,
    storages: [...letters].map((letter) => ({
      storageId: storageId(`${index}${letter}`),
      type: TYPES[letter.toLowerCase()] ?? 'DISK',
      hasFailed: false,
      isSlow: false,
      remainingBytes: letter === letter.toLowerCase() ? 1000 : 10,
    })),
  }))
const TYPES: Readonly<Record<string, StorageType>> = {
  d: 'DISK',
  s: 'SSD',
  a: 'ARCHIVE',
  r: 'RAM_DISK',
}
const place = (asked: TypeWish | undefined, text: string, replicas = 3, seed = 1) =>
  placeReplicas(
    {
      replicas,
      blockSizeBytes: 100,
      writer: undefined,
      excluded: new Set(),
      existing: [],
      types: asked,
    },
    cluster(text),
    seededRandom(seed),
  )
const placed = (...asked: Parameters<typeof place>) =>
  place(...asked)
    .targets.map((it) => it.storageId.slice(-1))
    .toSorted()
    .join('')

describe('placement by policy', () => {
  it.each([
    ['HOT', 'das das das', 'ddd'],
    ['COLD', 'das das das', 'aaa'],
    ['WARM', 'das das das', 'aad'],
    ['ONE_SSD', 'd d ds', 'dds'],
    ['ONE_SSD', 'd d dS', 'ddd'],
    ['ALL_SSD', 's s d', 'dss'],
    ['HOT', 'd d s', 'dd'],
    ['COLD', 'd d d', ''],
    ['LAZY_PERSIST', 'dr dr dr', 'ddr'],
    ['LAZY_PERSIST', 'd d d', 'ddd'],
  ])('%s on [%s] goes to %s', (policy, text, expected) => {
    for (let seed = 0; seed < 20; seed += 1) {
      expect(placed(wish(policy), text, 3, seed)).toBe(expected)
    }
  })
  it('rather takes any type but memory than leave a block with too few, for repair', () => {
    const repair = wish('HOT', { purpose: 'replication', mayUseAny: true })
    expect(placed(repair, 'D s r', 2)).toBe('s')
    expect(placed(repair, 'd a s', 3)).toBe('ads')
  })
  it('says what is missing', () => {
    const { remark } = place(wish('COLD'), 'd d')
    expect(remark).toContain('2 without the storage that policy COLD asks for')
  })
  it('never takes memory without a policy', () => {
    expect(placed(undefined, 'r r d')).toBe('d')
  })
  it('finds as many nodes as there are, whatever the types, when any will do', () => {
    const anyCluster = fc.array(fc.stringMatching(/^[dsaDSA]{1,3}$/), {
      minLength: 1,
      maxLength: 6,
    })
    const anyPolicy = fc.constantFrom(...STORAGE_POLICIES.map((it) => it.name))
    fc.assert(
      fc.property(anyCluster, anyPolicy, fc.integer(), (nodes, policy, seed) => {
        const asked = wish(policy, { purpose: 'replication', mayUseAny: true })
        const roomy = nodes.filter((it) => it !== it.toUpperCase()).length
        expect(place(asked, nodes.join(' '), 3, seed).targets).toHaveLength(Math.min(3, roomy))
      }),
      { numRuns: 500 },
    )
  })
})
