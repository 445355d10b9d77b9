/** Who may speak for whom when groups come from a command, which is asked after the connection was made. */
import { afterEach, expect, it } from 'vitest'
import { IpcClient } from '../../../../shared/hadoop/ipc-client.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import { ipcSeams } from '../../../support/ipc-fixture.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function open(groups: Record<string, string>): Promise<NamenodeRpc> {
  const namenode = await openNamenodeRpc({
    change: {
      proxyUsers: ['gateway'],
      groups: { staticGroups: '', command: '/bin/groups', timeoutMs: 1000, cacheMs: 0 },
    },
    groupsOf: async (user) => groups[user] ?? '',
  })
  closing.push(() => namenode.close())
  return namenode
}

function speakFor(namenode: NamenodeRpc, user: string, realUser: string) {
  const client = new IpcClient({
    seams: ipcSeams(),
    address: { host: '127.0.0.1', port: namenode.port },
    user,
    realUser,
    timeoutMs: 10_000,
    protocolName: CLIENT_PROTOCOL_NAME,
  })
  closing.push(() => client.close())
  // For superusers only.
  return () => client.call(CLIENT_PROTOCOL.refreshNodes, {})
}

it('a proxy never speaks for a superuser whose groups are learned after it connected', async () => {
  const namenode = await open({ boss: 'supergroup' })
  await expect(speakFor(namenode, 'boss', 'gateway')()).rejects.toMatchObject({
    code: 'NOT_AUTHORIZED',
    message: 'User: gateway is not allowed to impersonate boss',
  })
})

it('a proxy stops to speak for somebody who becomes a superuser', async () => {
  const groups: Record<string, string> = { clerk: 'users' }
  const namenode = await open(groups)
  const refresh = speakFor(namenode, 'clerk', 'gateway')
  await expect(refresh()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  groups['clerk'] = 'supergroup'
  await namenode.services.principals.refresh()
  await expect(refresh()).rejects.toMatchObject({ code: 'NOT_AUTHORIZED' })
})

it('a superuser by its groups speaks for others with its first connection', async () => {
  const namenode = await open({ operator: 'supergroup', boss: 'supergroup' })
  await speakFor(namenode, 'boss', 'operator')()
})
