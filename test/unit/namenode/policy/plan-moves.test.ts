/** Moves to the types that a policy wants: inside a node first, never so that a rack or a replica is lost. */
import { describe, expect, it } from 'vitest'
import type { PlacementNode } from '../../../../namenode/policy/place-replicas.js'
import { type MovableReplica, planMoves } from '../../../../namenode/policy/plan-moves.js'
import { requirePolicy } from '../../../../namenode/policy/storage-policies.js'
import type { StorageType } from '../../../../namenode/policy/storage-types.js'
import { datanodeUuid, storageId } from '../../../../shared/ids.js'
import { seededRandom } from '../../../../shared/random.js'

const TYPES: Readonly<Record<string, StorageType>> = { d: 'DISK', s: 'SSD', a: 'ARCHIVE' }

/** `1da 2d`: a node on rack 1 with a disk and an archive, one on rack 2 with a disk; capitals are slow. */
const cluster = (text: string): PlacementNode[] =>
  text.split(' ').map((word, index) => ({
    uuid: datanodeUuid(`n${index}`),
    rack: `/${word[0]}`,
    liveness: 'live',
    adminState: 'normal',
    isRegistered: true,
    activeTransfers: 0,
    storages: [...word.slice(1)].map((letter) => ({
      storageId: storageId(`${index}${letter}`),
      type: TYPES[letter.toLowerCase()] ?? 'DISK',
      hasFailed: false,
      isSlow: letter !== letter.toLowerCase(),
      remainingBytes: 1000,
    })),
  }))

/** Replicas by their storages: `0d 1d`. */
function plan(policy: string, text: string, held: string) {
  const nodes = cluster(text)
  const replicas = held.split(' ').map((id): MovableReplica => {
    const node = nodes[Number(id[0])]
    const storage = node?.storages.find((it) => it.storageId === id)
    if (node === undefined || storage === undefined) throw new Error(`no storage ${id}`)
    return {
      datanodeUuid: node.uuid,
      storageId: storage.storageId,
      storageType: storage.type,
      rack: node.rack,
    }
  })
  const question = { lengthBytes: 10, policy: requirePolicy(policy), replicas, nodes }
  const { moves, stuck } = planMoves(question, seededRandom(1))
  return [moves.map((it) => `${it.source.storageId}>${it.target.storageId}`).join(' '), stuck]
}

describe('moves by policy', () => {
  it.each([
    ['nothing where all is well', 'HOT', '1d 1d', '0d 1d', ['', 0]],
    ['inside the node', 'COLD', '1da 1da 1a', '0d 1d', ['0d>0a 1d>1a', 0]],
    ['to another node', 'COLD', '1d 1a', '0d', ['0d>1a', 0]],
    ['only as many as belong elsewhere', 'WARM', '1da 1da', '0d 1d', ['0d>0a', 0]],
    ['to the same rack before another', 'COLD', '1d 2a 1a', '0d', ['0d>2a', 0]],
    ['to another rack before a slow disk', 'COLD', '1dA 2a', '0d', ['0d>1a', 0]],
    ['to a slow disk before nowhere', 'COLD', '1dA 2d', '0d', ['0d>0A', 0]],
    ['not onto a node that has a replica', 'COLD', '1da 1a', '0d 1a', ['0d>0a', 0]],
    ['not so that one rack is left', 'COLD', '1a 2d 1a', '0a 1d', ['', 1]],
    ['to a further rack when two are left', 'COLD', '1a 2d 3a', '0a 1d', ['1d>2a', 0]],
    ['nowhere without such storage', 'ALL_SSD', '1d 1d', '0d 1d', ['', 2]],
  ])('%s', (_, policy, nodes, held, expected) => {
    expect(plan(policy, nodes, held)).toEqual(expected)
  })
})
