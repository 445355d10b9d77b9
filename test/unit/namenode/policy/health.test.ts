import { describe, expect, it } from 'vitest'
import { RISKS, type Risk } from '../../../../namenode/policy/assess-block.js'
import {
  judgeHealth,
  type RepairSituation,
  whyNotRepaired,
} from '../../../../namenode/policy/health.js'

const NONE = Object.fromEntries(RISKS.map((it) => [it, 0])) as Record<Risk, number>
const QUIET = { blocks: NONE, corruptBlocks: 0, absentNodes: 0, isInSafeMode: false }

describe('the health of a cluster', () => {
  it.each([
    ['ok', {}],
    ['ok', { blocks: { ...NONE, surplus: 3, unknown: 2 } }],
    ['degraded', { absentNodes: 1 }],
    ['degraded', { isInSafeMode: true }],
    ['degraded', { corruptBlocks: 1 }],
    ['degraded', { blocks: { ...NONE, 'badly-placed': 1 } }],
    ['at-risk', { blocks: { ...NONE, 'single-copy': 1, under: 5 } }],
    ['lost', { blocks: { ...NONE, missing: 1, 'single-copy': 1 } }],
  ])('is %s with %j', (health, change) => {
    expect(judgeHealth({ ...QUIET, ...change })).toBe(health)
  })
})

const UNDER: RepairSituation = {
  risk: 'under',
  mayCopy: true,
  pendingCopies: 0,
  readableReplicas: 2,
  replicasOnDeadNodes: 1,
  possibleTargets: 1,
  queued: 9,
}

it.each([
  ['waits for its turn among 9 blocks', {}],
  ['a copy is under way', { pendingCopies: 1 }],
  ['the namenode has just started and waits for its nodes', { mayCopy: false }],
  ['no other node can take a copy', { possibleTargets: 0 }],
  ['no node has a good replica', { readableReplicas: 0, replicasOnDeadNodes: 0 }],
  ['its replicas are on 1 dead node(s): it is back when one of them is', { readableReplicas: 0 }],
] as const)('a block is not repaired since: %s', (why, change) => {
  expect(whyNotRepaired({ ...UNDER, ...change })).toBe(why)
})
