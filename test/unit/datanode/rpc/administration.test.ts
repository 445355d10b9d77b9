/** What dfsadmin asks of a running datanode on its IPC port. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { SETTINGS, type SettingValues } from '../../../../shared/config/settings.js'
import { IpcClient } from '../../../../shared/hadoop/ipc-client.js'
import {
  CLIENT_DATANODE_PROTOCOL_NAME,
  CLIENT_DATANODE_PROTOCOL as PROTOCOL,
} from '../../../../shared/hadoop/schema/client-datanode-protocol.js'
import { ControlServer } from '../../../support/control-server.js'
import { POOL, testSeams } from '../../../support/datanode-fixture.js'
import { pattern, TransferPeer } from '../../../support/transfer-peer.js'
import { waitUntil } from '../../../support/wait-until.js'
import { startWholeDatanode, type WholeDatanodeOptions } from '../../../support/whole-datanode.js'

async function start(options: WholeDatanodeOptions = {}) {
  const control = await ControlServer.start()
  const datanode = await startWholeDatanode(control, options)
  await waitUntil(() => control.heartbeats.length > 0, { what: 'a heartbeat' })
  const client = (user: string) => {
    const opened = new IpcClient({
      seams: testSeams(),
      address: { host: '127.0.0.1', port: datanode.ipcPort },
      user,
      protocolName: CLIENT_DATANODE_PROTOCOL_NAME,
      timeoutMs: 10_000,
      useSasl: true,
    })
    onTestFinished(() => opened.close())
    return opened
  }
  return { control, datanode, client }
}

function reloaded(copyRate: number): SettingValues {
  const defaults = Object.entries(SETTINGS).map(([key, it]) => [key, it.defaultValue])
  return { ...Object.fromEntries(defaults), 'datanode.copy-rate': copyRate }
}

describe('the administration of a datanode', () => {
  it('is for the superuser alone, but for what shows nothing', async () => {
    const { client } = await start()
    const eve = client('eve')
    for (const refused of [
      eve.call(PROTOCOL.evictWriters, {}),
      eve.call(PROTOCOL.shutdownDatanode, { forUpgrade: false }),
      eve.call(PROTOCOL.getVolumeReport, {}),
      eve.call(PROTOCOL.triggerBlockReport, { incremental: false }),
      eve.call(PROTOCOL.startReconfiguration, {}),
      eve.call(PROTOCOL.deleteBlockPool, { blockPool: 'BP-1', force: true }),
    ]) {
      await expect(refused).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: 'Permission denied.',
      })
    }
    const { localInfo } = await eve.call(PROTOCOL.getDatanodeInfo, {})
    expect(localInfo.softwareVersion).not.toBe('')
    const { volumeInfo } = await client('root').call(PROTOCOL.getVolumeReport, {})
    expect(volumeInfo).toHaveLength(1)
  })

  it('evicts writers: their connections end, what they wrote stays', async () => {
    const { datanode, client } = await start()
    const peer = await TransferPeer.connect(datanode.transferPort)
    await peer.setUp({ id: 7 })
    peer.packet({ offset: 0, data: pattern(0, 700), seqno: 0 })
    await peer.ack()
    const root = client('root')
    await root.call(PROTOCOL.evictWriters, {})
    await peer.closed()
    const block = { poolId: POOL, blockId: 7, generationStamp: 1001 }
    const { length } = await root.call(PROTOCOL.getReplicaVisibleLength, { block })
    expect(length).toBe(700)
  })

  it('takes another budget for copies from the namenode and from its settings', async () => {
    const { control, client } = await start({
      config: { copyBytesPerSecond: 1001 },
      reload: () => reloaded(2000),
    })
    const root = client('root')
    const rate = async () => (await root.call(PROTOCOL.getBalancerBandwidth, {})).bandwidth
    expect(await rate()).toBe(1001)
    await control.command({ kind: 'copy-rate', bytesPerSecond: 500 })
    expect(await rate()).toBe(500)
    await control.command({ kind: 'copy-rate', bytesPerSecond: 0 })
    expect(await rate()).toBe(1001)
    await control.command({ kind: 'copy-rate', bytesPerSecond: 500 })
    const before = await root.call(PROTOCOL.getReconfigurationStatus, {})
    expect(before).toMatchObject({ startTime: 0, changes: [] })
    await root.call(PROTOCOL.startReconfiguration, {})
    expect(await rate()).toBe(2000)
    const { changes } = await root.call(PROTOCOL.getReconfigurationStatus, {})
    expect(changes.find(({ name }) => name === 'datanode.copy-rate')).toEqual({
      name: 'datanode.copy-rate',
      oldValue: '500',
      newValue: '2000',
    })
    const { name } = await root.call(PROTOCOL.listReconfigurableProperties, {})
    expect(name).toContain('datanode.scrub-rate')
  })

  it('ends the server in order, after the answer', async () => {
    const { datanode, client } = await start()
    await client('root').call(PROTOCOL.shutdownDatanode, { forUpgrade: false })
    expect(await datanode.stopRequested).toBe('root asked for it')
    await datanode.close()
    await expect(TransferPeer.connect(datanode.transferPort)).rejects.toThrow()
  })
})
