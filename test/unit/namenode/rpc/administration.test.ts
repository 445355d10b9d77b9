/** What dfsadmin asks of a namenode beside reports. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IpcClient } from '../../../../shared/hadoop/ipc-client.js'
import type { RpcMethod } from '../../../../shared/hadoop/rpc-protocol.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import { OpenFilesType, SafeModeAction } from '../../../../shared/hadoop/schema/cluster.js'
import * as side from '../../../../shared/hadoop/schema/namenode-side-protocols.js'
import {
  RECONFIGURATION_PROTOCOL,
  RECONFIGURATION_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/reconfiguration.js'
import { blockId } from '../../../../shared/ids.js'
import { ipcSeams } from '../../../support/ipc-fixture.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'

let namenode: NamenodeRpc
const clients: IpcClient[] = []
beforeEach(async () => {
  namenode = await openNamenodeRpc()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await namenode.close()
})

function call(protocolName: string, method: RpcMethod, request: object, user = 'root') {
  const client = new IpcClient({
    seams: ipcSeams(),
    address: { host: '127.0.0.1', port: namenode.port },
    user,
    timeoutMs: 10_000,
    protocolName,
  })
  clients.push(client)
  return client.call(method, request as never)
}
const admin = (name: 'metaSave' | 'setBalancerBandwidth', request: object, user?: string) =>
  call(CLIENT_PROTOCOL_NAME, CLIENT_PROTOCOL[name], request, user)

describe('dfsadmin', () => {
  it('writes what block management is busy with into the folder of logs', async () => {
    await admin('metaSave', { filename: 'meta.txt' })
    const text = namenode.logFiles.get('meta.txt') ?? ''
    expect(text).toContain('1 files and directories, 0 blocks = 1 total filesystem objects\n')
    expect(text).toContain('\nMetasave: Number of datanodes: 4\n10.0.0.1:9866 IN ')
    for (const filename of ['../x', '/etc/passwd', '', '.x', 'a/b']) {
      await expect(admin('metaSave', { filename })).rejects.toMatchObject({
        code: 'ILLEGAL_ARGUMENT',
      })
    }
    await expect(admin('metaSave', { filename: 'x' }, 'eve')).rejects.toMatchObject({
      message: 'Access denied for user eve. Superuser privilege is required for operation metaSave',
    })
    expect([...namenode.logFiles.keys()]).toEqual(['meta.txt'])
  })

  it('leaves a line in the audit log of each call, also of a refused one', async () => {
    const set = (action: number, user?: string) =>
      call(CLIENT_PROTOCOL_NAME, CLIENT_PROTOCOL.setSafeMode, { action }, user)
    await set(SafeModeAction.ENTER)
    await set(SafeModeAction.GET, 'eve')
    await set(SafeModeAction.LEAVE)
    await expect(set(SafeModeAction.LEAVE, 'eve')).rejects.toThrow('safemode_leave')
    await call(CLIENT_PROTOCOL_NAME, CLIENT_PROTOCOL.refreshNodes, {}, 'eve').catch(() => undefined)
    const lines = await namenode.services.audit.find({
      user: undefined,
      command: undefined,
      path: undefined,
      sinceMs: 0,
      limit: 10,
    })
    expect(lines.reverse().map((it) => [it.user, it.command, it.outcome])).toEqual([
      ['root', 'safemode_enter', 'success'],
      ['eve', 'safemode_get', 'success'],
      ['root', 'safemode_leave', 'success'],
      ['eve', 'safemode_leave', 'PERMISSION_DENIED'],
      ['eve', 'refreshNodes', 'PERMISSION_DENIED'],
    ])
  })

  it('lists the open files that hold up a decommission', async () => {
    const root = namenode.client()
    const { blockManager } = namenode
    for (const [index, src] of ['/a', '/b', '/empty'].entries()) {
      await root.create({
        src,
        masked: { perm: 0o644 },
        clientName: 'w',
        createFlag: 1,
        createParent: true,
        replication: 1,
        blockSize: 1024,
      })
      if (src === '/empty') continue
      const { block } = await root.addBlock({ src, clientName: 'w' })
      const node = blockManager.nodes[index]
      if (node === undefined) throw new Error('no node')
      blockManager.place(blockId(block.b.blockId), [blockManager.replicaOn(node, 'being-written')])
    }
    const listed = async (types: number[]) =>
      (await root.listOpenFiles({ id: 0, types })).entries.map((it) => it.path)
    expect(await listed([OpenFilesType.BLOCKING_DECOMMISSION])).toEqual([])
    const [first, ...others] = blockManager.nodes
    if (first === undefined) throw new Error('no node')
    const leaving = { ...first, adminState: 'decommissioning' } as const
    blockManager.nodes = [leaving, ...others]
    blockManager.place(blockId(1073741825), [blockManager.replicaOn(leaving, 'being-written')])
    expect(await listed([OpenFilesType.BLOCKING_DECOMMISSION])).toEqual(['/a'])
    expect(await listed([])).toEqual(['/a', '/b', '/empty'])
    expect(await listed([OpenFilesType.ALL, OpenFilesType.BLOCKING_DECOMMISSION])).toHaveLength(3)
  })

  it('limits copies on every datanode', async () => {
    await admin('setBalancerBandwidth', { bandwidth: 1000 })
    await admin('setBalancerBandwidth', { bandwidth: 0 })
    await expect(admin('setBalancerBandwidth', { bandwidth: -1 })).rejects.toThrow('non-negative')
    await expect(admin('setBalancerBandwidth', { bandwidth: 1 }, 'eve')).rejects.toThrow('eve')
    expect(namenode.blockManager.copyLimits).toEqual([1000, 0])
  })

  it('refreshes what there is to refresh, and says what there is not', async () => {
    const users = side.REFRESH_USER_MAPPINGS_PROTOCOL
    const name = side.REFRESH_USER_MAPPINGS_PROTOCOL_NAME
    await call(name, users.refreshSuperUserGroupsConfiguration, {})
    await expect(call(name, users.refreshUserToGroupsMappings, {}, 'eve')).rejects.toThrow('eve')
    await expect(
      call(
        side.REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME,
        side.REFRESH_AUTHORIZATION_POLICY_PROTOCOL.refreshServiceAcl,
        {},
      ),
    ).rejects.toMatchObject({
      code: 'NOT_AUTHORIZED',
      message: 'Service Level Authorization not enabled!',
    })
    const queue = side.REFRESH_CALL_QUEUE_PROTOCOL
    await call(side.REFRESH_CALL_QUEUE_PROTOCOL_NAME, queue.refreshCallQueue, {})
  })

  it('has settings that change while it runs, for the superuser', async () => {
    const { listReconfigurableProperties, startReconfiguration } = RECONFIGURATION_PROTOCOL
    const name = RECONFIGURATION_PROTOCOL_NAME
    const answer = await call(name, listReconfigurableProperties, {})
    expect(answer).toMatchObject({ name: expect.arrayContaining(['permission.static-groups']) })
    await expect(call(name, startReconfiguration, {}, 'eve')).rejects.toThrow(
      'Superuser privilege is required for operation startNamenodeReconfiguration',
    )
    await expect(call(name, startReconfiguration, {})).rejects.toThrow('no files of settings')
  })

  it('tells the balancer and the mover that their work is done here', async () => {
    const { versionRequest } = side.NAMENODE_PROTOCOL
    await expect(call(side.NAMENODE_PROTOCOL_NAME, versionRequest, {})).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('moves blocks and keeps its namespace by itself'),
    })
  })
})
