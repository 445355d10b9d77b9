/** A power cut while a finalized replica is written on: what was acknowledged before is there, whatever was torn. */
import { cpSync, readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BlockConstructionStage as Stage } from '../../../../shared/hadoop/schema/data-transfer.js'
import { openStore, startNode } from '../../../support/datanode-fixture.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855

it.each([1300, 65_536 + 1300])('an append to %i bytes is torn', async (length) => {
  const node = await startNode()
  await writeBlock(node.port, ID, pattern(0, length))
  const peer = await TransferPeer.connect(node.port)
  const stage = Stage.PIPELINE_SETUP_APPEND
  await peer.setUp({ id: ID, stage, minBytes: length, maxBytes: length, latestStamp: 1002 })
  peer.packet({ offset: length, data: pattern(length, 100), seqno: 0 })
  await peer.ack()

  // The record of the last 64 KiB reached the disk, the bytes that it now covers did not.
  const left = join(temporaryFolder(), 'left')
  cpSync(node.folder, left, { recursive: true, filter: (path) => !path.endsWith('lock') })
  const data = readdirSync(left, { recursive: true, encoding: 'utf8' })
  const [file] = data.filter((path) => path.endsWith(`blk_${ID}`))
  truncateSync(join(left, `${file}`), length)
  const { store } = await openStore({ folder: left })
  expect(store.get(ID)).toMatchObject({ kind: 'being-written', lengthBytes: length })
})
