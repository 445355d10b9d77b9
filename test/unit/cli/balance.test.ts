import { expect, it } from 'vitest'
import { type BalanceDocument, balanceLines } from '../../../cli/commands/balance.js'

const MOVEMENT: BalanceDocument['movement'] = {
  pendingMoves: 2,
  movedBlocks: 5,
  movedBytes: 5 * 1024 * 1024,
  failedMoves: 0,
  threshold: 0.1,
  unevenness: 0.25,
  isBalanced: false,
  policyRequests: 0,
}
const node = (hostname: string, usedBytes: number): BalanceDocument['nodes'][number] => ({
  hostname,
  address: '10.0.0.1:9866',
  liveness: 'live',
  usedBytes,
  capacityBytes: 2000,
})

it('dfs balance tells how far off the nodes are, and what is being done', () => {
  const nodes = [node('a', 1000), node('b', 0)]
  expect(balanceLines({ movement: MOVEMENT, nodes })).toEqual([
    'not balanced yet: at most 25.0% off the average, 10.0% are allowed (movement.balance-threshold)',
    'moves under way: 2; moved: 5 blocks (5 MB) since the namenode started; failed: 0',
    '',
    'HOST  ADDRESS        LIVENESS    USED  USED%',
    'a     10.0.0.1:9866  live      1000 B  50.0%',
    'b     10.0.0.1:9866  live         0 B   0.0%',
  ])
  const [off] = balanceLines({ movement: { ...MOVEMENT, threshold: 1 }, nodes: [] })
  expect(off).toBe('balancing is off (movement.balance-threshold)')
})
