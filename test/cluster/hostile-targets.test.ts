/**
 * Clients name the next datanode of a pipeline, with its address. A datanode connects to nodes that the namenode knows,
 * where the namenode knows them, and to nothing else that a client can think of (hostile input 35).
 */
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BlockConstructionStage, Status } from '../../shared/hadoop/schema/data-transfer.js'
import { encodeTransferBlock, encodeWriteBlock } from '../../shared/transfer/operations.js'
import { EMPTY_TOKEN } from '../../shared/transfer/pipeline-node.js'
import { type HostileCluster, startHostileCluster } from '../support/hostile-cluster.js'
import { TransferPeer } from '../support/transfer-peer.js'

let hostile: HostileCluster
let stop = async () => {}
let visits = 0
/** Somebody of the same network who is no datanode. */
const bystander = createServer((socket) => {
  visits += 1
  socket.destroy()
})
let bystanderPort = 0
beforeAll(async () => {
  hostile = await startHostileCluster({}, (close) => {
    stop = close
  })
  await new Promise<void>((resolve) => bystander.listen(0, '127.0.0.1', resolve))
  const address = bystander.address()
  bystanderPort = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(async () => {
  bystander.close()
  await stop()
})

afterEach(() => expect(visits).toBe(0))

/** At the bystander's address, with the name of whom it pretends to be. */
const target = (datanodeUuid: string) => ({
  id: {
    ipAddr: '127.0.0.1',
    hostName: 'localhost',
    datanodeUuid,
    xferPort: bystanderPort,
    infoPort: 0,
    ipcPort: 0,
  },
})

const STRANGERS = [
  ['nobody knows', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'],
  ['has no UUID', ''],
  ['has a UUID of 100,000 letters', 'a'.repeat(100_000)],
  ['is called as nothing can be', '../../x\n'],
] as const

let lastId = 1_073_900_000
const newId = () => {
  lastId += 1
  return lastId
}

function write(id: number, stage: number, uuid: string): Buffer {
  const { poolId } = hostile.block
  const block = { poolId, blockId: id, generationStamp: 1, numBytes: 1024 }
  return encodeWriteBlock({
    header: { baseHeader: { block, token: EMPTY_TOKEN }, clientName: 'mallory' },
    targets: [target(uuid)],
    stage,
    pipelineSize: 2,
    minBytesRcvd: 0,
    maxBytesRcvd: 0,
    latestGenerationStamp: 0,
    requestedChecksum: { type: 2, bytesPerChecksum: 512 },
  })
}

const transfer = (uuid: string) =>
  encodeTransferBlock({
    header: { baseHeader: { block: hostile.block, token: EMPTY_TOKEN }, clientName: 'mallory' },
    targets: [target(uuid)],
  })

describe('a target that', () => {
  it.each(STRANGERS)('%s is not connected to by a pipeline', async (_name, uuid) => {
    const peer = await TransferPeer.connect(hostile.faces.transfer.port)
    peer.send(write(newId(), BlockConstructionStage.PIPELINE_SETUP_CREATE, uuid))
    const answer = await peer.response()
    expect(answer).toMatchObject({
      status: Status.ERROR,
      firstBadLink: `127.0.0.1:${bystanderPort}`,
    })
  })

  it.each(STRANGERS)('%s is not connected to for a copy', async (_name, uuid) => {
    const peer = await TransferPeer.connect(hostile.faces.transfer.port)
    peer.send(transfer(uuid))
    const { status, message } = await peer.response()
    expect(status).toBe(Status.ERROR)
    expect(message).toContain('blocks are sent to datanodes that the namenode knows')
  })

  it('nobody knows is not connected to behind a copy', async () => {
    const peer = await TransferPeer.connect(hostile.faces.transfer.port)
    const [, uuid] = STRANGERS[0]
    peer.send(write(newId(), BlockConstructionStage.TRANSFER_FINALIZED, uuid))
    peer.packet({ offset: 0, seqno: 0, isLast: true })
    const { status, message } = await peer.response()
    expect(status).toBe(Status.ERROR)
    expect(message).toContain('blocks are sent to datanodes that the namenode knows')
  })

  it('is a datanode is connected to where the namenode knows it', async () => {
    const peer = await TransferPeer.connect(hostile.faces.transfer.port)
    const uuid = hostile.cluster.datanodes[1]?.uuid ?? ''
    peer.send(write(newId(), BlockConstructionStage.PIPELINE_SETUP_CREATE, uuid))
    expect((await peer.response()).status).toBe(Status.SUCCESS)
  })
})

it('everybody else is served', async () => {
  await hostile.good('transfer')
  expect(hostile.failures).toEqual([])
})
