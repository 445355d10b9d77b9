/** Where a pipeline begins, so that what it leaves in memory is what readers are sent to. */
import { describe, expect, it } from 'vitest'
import { orderPipeline } from '../../../../namenode/policy/cache-affinity.js'
import { orderLocations } from '../../../../namenode/policy/order-locations.js'
import { blockId, datanodeUuid } from '../../../../shared/ids.js'

const node = (name: string, rack = '/r1', isLocal = false) => ({
  ...{ uuid: datanodeUuid(name), rack, isLocal },
  ...({
    liveness: 'live',
    adminState: 'normal',
    isCorrupt: false,
    isSlow: false,
    addresses: [name],
  } as const),
  activeTransfers: 0,
})
const names = (nodes: readonly { uuid: string }[]) => nodes.map((it) => it.uuid)
const blocks = Array.from({ length: 40 }, (_, index) => blockId(1073741825 + index))

describe('a pipeline', () => {
  it('begins where readers of the block will be sent', () => {
    const placed = [node('a'), node('b'), node('c')]
    const reader = { address: 'elsewhere', rack: undefined }
    for (const block of blocks) {
      const [first] = orderPipeline(block, placed)
      expect(first).toBe(orderLocations(block, placed, reader)[0])
    }
    expect(new Set(blocks.map((it) => orderPipeline(it, placed)[0])).size).toBe(3)
  })

  it('begins on the machine of its writer', () => {
    const placed = [node('a', '/r1', true), node('b'), node('c')]
    for (const block of blocks) expect(names(orderPipeline(block, placed))).toEqual(['a', 'b', 'c'])
  })

  it('does not begin on a slow disk, where readers are sent last', () => {
    const placed = [{ ...node('a'), isSlow: true }, node('b'), node('c')]
    const firsts = blocks.map((it) => orderPipeline(it, placed)[0]?.uuid)
    expect([...new Set(firsts)].sort()).toEqual(['b', 'c'])
  })

  it('crosses between racks once', () => {
    const placed = [node('a', '/r1'), node('b', '/r2'), node('c', '/r2')]
    const orders = new Set(blocks.map((it) => names(orderPipeline(it, placed)).join('')))
    expect([...orders].sort()).toEqual(['abc', 'bca', 'cba'])
  })

  it('may have no node at all', () => {
    expect(orderPipeline(blockId(1), [])).toEqual([])
  })
})
