import { expect, it } from 'vitest'
import { undoTick } from '../../../../namenode/loops/undo-monitor.js'
import type { BlockManagerStatistics } from '../../../../namenode/service/blocks/block-manager.js'
import { HandClock } from '../namespace/namespace-fixture.js'

const STATISTICS: BlockManagerStatistics = {
  capacityBytes: 1000,
  usedBytes: 0,
  remainingBytes: 1000,
  underReplicatedBlocks: 0,
  corruptBlocks: 0,
  missingBlocks: 0,
  pendingCopies: 0,
  pendingDeletions: 0,
  singleReplicaBlocks: 0,
  liveDatanodes: 1,
  staleDatanodes: 0,
  deadDatanodes: 0,
}

function scripted() {
  const clock = new HandClock()
  const world = { remainingBytes: 1000, asked: [] as number[], woken: 0, give: 0, deletions: 0 }
  const tick = undoTick({
    clock,
    keepDeletedMs: 1000,
    freeShare: 0.1,
    blockManager: {
      statistics: () => ({ ...STATISTICS, remainingBytes: world.remainingBytes }),
    },
    namespace: {
      giveUpDeletions: async ({ spaceBytes }) => {
        world.asked.push(spaceBytes)
        return { deletions: world.deletions, spaceBytes: world.give }
      },
    },
    onGivenUp: () => {
      world.woken += 1
    },
  })
  return { clock, world, tick }
}

it('asks for no space while there is enough, and looks several times in the time that things are kept', async () => {
  const { world, tick } = scripted()
  expect(await tick()).toEqual({ kind: 'idle', forMs: 250 })
  expect(world).toMatchObject({ asked: [0], woken: 0 })
})

it('asks for what is missing, and waits for it to become free before it asks again', async () => {
  const { clock, world, tick } = scripted()
  Object.assign(world, { remainingBytes: 40, deletions: 2, give: 50 })
  await tick()
  await tick()
  clock.nowMs += 29_000
  Object.assign(world, { remainingBytes: 90 })
  await tick()
  clock.nowMs += 31_000
  Object.assign(world, { deletions: 0, give: 0, remainingBytes: 95 })
  await tick()
  expect(world).toMatchObject({ asked: [60, 10, 0, 5], woken: 3 })
})

it('comes back at once when there is more than it takes in one step', async () => {
  const { world, tick } = scripted()
  Object.assign(world, { deletions: 500 })
  expect(await tick()).toEqual({ kind: 'again' })
})
