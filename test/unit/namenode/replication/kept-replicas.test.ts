import { expect, it } from 'vitest'
import type {
  CommandOutbox,
  CommandRequest,
} from '../../../../namenode/service/blocks/command-outbox.js'
import { KeptReplicas } from '../../../../namenode/service/blocks/kept-replicas.js'
import type { HeldReplica } from '../../../../namenode/service/blocks/replica-map.js'
import { blockId, datanodeUuid, generationStamp, storageId } from '../../../../shared/ids.js'
import { FakeClock } from '../../../support/fake-clock.js'

const MORE_THAN_ARE_KEPT = 10_001

it('proof that nobody came for makes room for other proof', async () => {
  const clock = new FakeClock()
  let asked = 0
  const outbox = {
    offer: (_node: unknown, { onEnd }: CommandRequest) => {
      asked += 1
      queueMicrotask(() => onEnd({ commandId: 'any', outcome: 'done' }))
      return 'any'
    },
  }
  const kept = new KeptReplicas({
    clock,
    outbox: outbox as unknown as CommandOutbox,
    // The block was deleted in the meantime.
    onReady: () => {},
    onDisproven: () => {},
  })
  const replica = {
    datanodeUuid: datanodeUuid('a'),
    storageId: storageId('DS-a'),
    row: { storage: 1, generationStamp: generationStamp(1001), lengthBytes: 1 },
  } as unknown as HeldReplica
  for (let id = 1; id <= MORE_THAN_ARE_KEPT; id += 1) {
    kept.areProven(blockId(id), [replica])
    await Promise.resolve()
  }
  await clock.advance(61_000)
  const before = asked
  const other = blockId(MORE_THAN_ARE_KEPT + 1)
  expect(kept.areProven(other, [replica])).toBe(false)
  expect(asked).toBe(before + 1)
  await Promise.resolve()
  expect(kept.areProven(other, [replica])).toBe(true)
})
