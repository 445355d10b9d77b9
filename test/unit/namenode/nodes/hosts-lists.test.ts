import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isIncluded, orderFromHosts } from '../../../../namenode/policy/hosts-lists.js'
import { parseHostsLists } from '../../../../namenode/storage/hosts-files.js'
import { ScriptedCluster } from '../../../support/scripted-cluster.js'

const node = (hostname: string, address = '10.0.0.1', transferPort = 9866) => ({
  hostname,
  addresses: [address],
  transferPort,
})

describe('lists of hosts', () => {
  it('name hosts, addresses and ports, with comments', () => {
    const lists = parseHostsLists(
      [],
      ['n1 # old\n10.0.0.2\nN3:9867\n2001:db8::4 [2001:db8::5]:9\n'],
    )
    expect(orderFromHosts(lists, node('n1'))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('other', '10.0.0.2'))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('n3'))).toBeUndefined()
    expect(orderFromHosts(lists, node('n3', '10.0.0.9', 9867))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('n4', '2001:db8::4'))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('n5', '2001:db8::5', 9))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('n5', '2001:db8::5', 10))).toBeUndefined()
    expect(isIncluded(lists, node('anybody'))).toBe(true)
  })
  it('let nobody else join when there is one of those who may', () => {
    const lists = parseHostsLists(['n1\nn2\n'], [])
    expect(isIncluded(lists, node('n1'))).toBe(true)
    expect(isIncluded(lists, node('n3'))).toBe(false)
    // Not cut off as in HDFS: what it has is still needed.
    expect(orderFromHosts(lists, node('n3'))).toEqual({ kind: 'decommission' })
  })
  it('may be one JSON document with admin states', () => {
    const document = [
      { hostName: 'n1', adminState: 'DECOMMISSIONED' },
      { hostName: 'n2', port: 9866, adminState: 'IN_MAINTENANCE', maintenanceExpireTimeInMS: 5 },
      { hostName: 'n3', upgradeDomain: 'ignored' },
    ]
    const lists = parseHostsLists([JSON.stringify(document)], [])
    expect(orderFromHosts(lists, node('n1'))).toEqual({ kind: 'decommission' })
    expect(orderFromHosts(lists, node('n2'))).toEqual({ kind: 'maintenance', untilMs: 5 })
    expect(orderFromHosts(lists, node('n3'))).toBeUndefined()
    expect(isIncluded(lists, node('n4'))).toBe(false)
  })
  it.each(['[{"hostName":7}]', '[{"hostName":"a","adminState":"GONE"}]', '{"hostName":'])(
    'that make no sense are refused: %s',
    (text) => {
      expect(() => parseHostsLists([text], [])).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION' }),
      )
    },
  )
})

describe('the lists that the settings name', () => {
  it('are read again on request; what cannot be read changes nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dfs-hosts-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const hosts = join(folder, 'hosts')
    const exclude = join(folder, 'exclude')
    await writeFile(hosts, 'a\nb\nc\n')
    await writeFile(exclude, '')
    const cluster = await ScriptedCluster.start({
      config: { hostsFiles: { hosts: [hosts], exclude: [exclude] } },
    })
    onTestFinished(() => cluster.close())
    const { administration } = cluster.management
    const states = () => administration.views().map((it) => `${it.node} ${it.state}`)
    await cluster.join('a', 'b')
    await expect(cluster.join('x')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(states()).toEqual(['a normal', 'b normal'])
    await writeFile(exclude, 'b\n')
    await administration.refresh()
    expect(states()).toEqual(['a normal', 'b decommissioning'])
    await rm(exclude)
    await expect(administration.refresh()).rejects.toMatchObject({ code: 'CONFIGURATION' })
    expect(states()).toEqual(['a normal', 'b decommissioning'])
    await writeFile(exclude, '')
    await administration.refresh()
    expect(states()).toEqual(['a normal', 'b normal'])
  })
})
