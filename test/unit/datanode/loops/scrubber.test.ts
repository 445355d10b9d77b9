import { expect, it } from 'vitest'
import { ControlServer } from '../../../support/control-server.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern, writeBlock } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'
import { startWholeDatanode } from '../../../support/whole-datanode.js'

const FIRST = 1073741855
const BLOCKS = 4
const BYTES = 70_000

type Datanode = Awaited<ReturnType<typeof startWholeDatanode>>

const progressOf = (datanode: Datanode) => {
  const [progress] = datanode.health().scrub
  if (progress === undefined) throw new Error('each volume is scrubbed')
  return progress
}

/** A node with some blocks that has not begun to verify them. */
async function nodeWithBlocks(control: ControlServer): Promise<Datanode> {
  const datanode = await startWholeDatanode(control)
  for (let index = 0; index < BLOCKS; index += 1) {
    await writeBlock(datanode.transferPort, FIRST + index, pattern(index, BYTES))
  }
  await datanode.close()
  return await startWholeDatanode(control, { folder: datanode.folder })
}

it('a pass is spread over its period, and goes on after a restart where it was', async () => {
  const control = await ControlServer.start()
  const first = await nodeWithBlocks(control)
  await waitUntil(() => progressOf(first).verifiedReplicas === 1, { what: 'one verification' })
  const before = progressOf(first)
  expect(before.doneBytes).toBe(BYTES)
  await first.close()
  const second = await startWholeDatanode(control, { folder: first.folder })
  await waitUntil(() => progressOf(second).passStartedWallMs === before.passStartedWallMs, {
    what: 'the position to be read',
  })
  // The next one is due in a quarter of most of a week.
  expect(progressOf(second)).toMatchObject({ doneBytes: BYTES, verifiedReplicas: 0 })
})

it('every replica has its turn in a period, and the bad one among them is told of at once', async () => {
  const control = await ControlServer.start()
  const first = await nodeWithBlocks(control)
  const [paths] = first.replicaPaths(FIRST + 2)
  await first.close()
  flipBit(paths?.data ?? '', 66_000)
  const config = { scrubPeriodMs: 2_000 }
  const datanode = await startWholeDatanode(control, { folder: first.folder, config })
  const corrupt = () => control.events.filter(({ kind }) => kind === 'corrupt')
  await waitUntil(() => corrupt().length > 0, { what: 'the bad replica to be told of' })
  expect(new Set(corrupt().map(({ block }) => block.id))).toEqual(new Set([FIRST + 2]))
  await waitUntil(() => progressOf(datanode).verifiedReplicas >= BLOCKS, { what: 'a whole pass' })
})
