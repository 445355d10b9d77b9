/** The administrator's commands against the RPC face of a namenode and a whole datanode. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DfsClient } from '../../../../shared/client/dfs-client.js'
import { ControlServer } from '../../../support/control-server.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { waitUntil } from '../../../support/wait-until.js'
import { startWholeDatanode } from '../../../support/whole-datanode.js'
import { runCommand } from '../run-command.js'

let namenode: NamenodeRpc
beforeEach(async () => {
  namenode = await openNamenodeRpc()
})
afterEach(() => namenode.close())

async function dfs(words: string, user = 'root') {
  const fs = `hdfs://127.0.0.1:${namenode.port}`
  const environment = { HADOOP_USER_NAME: user, DFS_FS: fs }
  const { connect } = DfsClient
  return await runCommand({ connect }, words.split(' '), { environment })
}
const printed = async (words: string) => {
  const { code, stdout, stderr } = await dfs(words)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

describe('the administrator of a namenode', () => {
  it('enters and leaves safe mode, in three spellings', async () => {
    expect(await printed('admin safemode enter')).toBe('Safe mode is ON\n')
    expect(await printed('dfsadmin -safemode get')).toBe('Safe mode is ON\n')
    expect(await printed('admin save-namespace')).toBe('Save namespace successful\n')
    expect(await printed('safemode leave')).toBe('Safe mode is OFF\n')
    expect(JSON.parse(await printed('admin safemode get --json'))).toEqual({ isOn: false })
    expect(await printed('dfsadmin -safemode wait')).toBe('Safe mode is OFF\n')
    expect((await dfs('admin safemode perhaps')).code).toBe(255)
    const refused = await dfs('admin safemode enter', 'eve')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('Superuser privilege is required for operation safemode_enter')
  })

  it('sees racks, open files and groups', async () => {
    expect(await printed('dfsadmin -printTopology')).toContain(
      'Rack: /default-rack\n   10.0.0.1:9866 (host-1) in service\n',
    )
    expect(JSON.parse(await printed('admin topology --json'))['/default-rack']).toHaveLength(4)
    expect(await printed('dfsadmin -listOpenFiles -path /')).toBe(
      'Client Host         \tClient Name         \tOpen File Path\n',
    )
    expect(await printed('admin open-files --json')).toBe('[]\n')
    expect(await printed('groups alice nobody')).toBe('alice : staff\nnobody :\n')
    expect(await printed('dfsadmin -refreshUserToGroupsMappings')).toContain('successful')
  })

  it('has the namenode write down what it is busy with, and limits copies', async () => {
    expect(await printed('dfsadmin -metasave meta.txt')).toContain('Created metasave file meta.txt')
    expect([...namenode.logFiles.keys()]).toEqual(['meta.txt'])
    expect(await printed('admin balancer-bandwidth 50m')).toContain('is set to 52428800')
    expect(await printed('dfsadmin -setBalancerBandwidth 0')).toContain('is set to 0')
    expect(namenode.blockManager.copyLimits).toEqual([52_428_800, 0])
    expect(await printed('dfsadmin -rollEdits')).toMatch(/New segment starts at txid \d+\n$/)
    expect(await printed('admin refresh-nodes')).toBe('Refresh nodes successful\n')
  })

  it('makes, renames and deletes snapshots in the spelling of Hadoop', async () => {
    await printed('mkdir /d')
    expect(await printed('dfsadmin -allowSnapshot /d')).toBe('Allowing snapshot on /d succeeded\n')
    expect(await printed('dfs -createSnapshot /d s1')).toBe('Created snapshot /d/.snapshot/s1\n')
    expect(await printed('dfs -renameSnapshot /d s1 s2')).toBe('')
    expect(await printed('dfs -deleteSnapshot /d s2')).toBe('')
    expect(await printed('dfsadmin -disallowSnapshot /d')).toContain('Disallowing snapshot on /d')
  })

  it('learns which settings change live', async () => {
    expect(await printed('admin reconfig namenode properties')).toContain(
      'permission.static-groups',
    )
    const place = `127.0.0.1:${namenode.port}`
    expect(await printed(`dfsadmin -reconfig namenode ${place} status`)).toContain('were not read')
    const other = await dfs('dfsadmin -reconfig namenode 127.0.0.1:1 status')
    expect(other.stderr).toContain('cannot connect to 127.0.0.1:1')
    expect((await dfs('admin reconfig namenode start')).stderr).toContain('no files of settings')
  })
})

describe('the administrator of a datanode', () => {
  it('asks for its state, and ends it', async () => {
    const control = await ControlServer.start()
    const datanode = await startWholeDatanode(control)
    await waitUntil(() => control.heartbeats.length > 0, { what: 'a heartbeat' })
    const place = `127.0.0.1:${datanode.ipcPort}`
    expect(await printed(`dfsadmin -getDatanodeInfo ${place}`)).toMatch(/^Uptime: \d+, Software/)
    expect(JSON.parse(await printed(`admin volume-report ${place} --json`))).toHaveLength(1)
    expect(await printed(`dfsadmin -triggerBlockReport -incremental ${place}`)).toBe(
      `Triggering an incremental block report on ${place}.\n`,
    )
    expect(await printed(`dfsadmin -getBalancerBandwidth ${place}`)).toBe(
      'Balancer bandwidth is 0 bytes per second.\n',
    )
    expect(await printed(`admin evict-writers ${place}`)).toContain('Requested writer eviction')
    expect(await printed(`admin reconfig datanode ${place} properties`)).toContain(
      'datanode.copy-rate\n',
    )
    expect((await dfs('admin datanode-info nowhere')).code).toBe(255)
    expect((await dfs(`admin evict-writers ${place} --json`)).stderr).toContain('unknown option')
    const refused = await dfs(`admin shutdown-datanode ${place}`, 'eve')
    expect(refused.stderr).toBe('shutdown-datanode: Permission denied.\n')
    expect(await printed(`admin shutdown-datanode ${place}`)).toContain('Submitted a shutdown')
    expect(await datanode.stopRequested).toBe('root asked for it')
  })
})
