import { createConnection } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NamenodeConfig } from '../../../namenode/config.js'
import { startNamenode } from '../../../namenode/start-namenode.js'
import { NamenodeClient } from '../../../shared/client/namenode-client.js'
import { silentLog } from '../../../shared/log.js'
import { systemSeams } from '../../../shared/system-seams.js'
import { testNamenodeConfig } from '../../support/namenode-config.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const seams = systemSeams(silentLog)

async function start(change: Partial<NamenodeConfig> = {}) {
  const namenode = await startNamenode(
    { ...testNamenodeConfig(temporaryFolder()), ...change },
    seams,
  )
  onTestFinished(() => namenode.close())
  return namenode
}

function clientOf(rpcPort: number): NamenodeClient {
  const client = new NamenodeClient({
    seams,
    address: { host: '127.0.0.1', port: rpcPort },
    user: 'root',
    timeoutMs: 5_000,
  })
  onTestFinished(() => client.close())
  return client
}

const mkdir = (client: NamenodeClient, src: string) =>
  client.mkdirs({ src, masked: { perm: 0o755 }, createParent: true })
const get = async (port: number, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
  }
}

describe('a namenode', () => {
  it('serves RPC and HTTP on free ports and keeps what it answered over a restart', async () => {
    const dataFolder = temporaryFolder()
    const first = await start({ dataFolder })
    await mkdir(clientOf(first.rpcPort), '/kept')
    await first.close()
    const second = await start({ dataFolder })
    const { fs } = await clientOf(second.rpcPort).getFileInfo({ src: '/kept' })
    expect(fs).toBeDefined()
    expect((await get(second.httpPort, '/healthz')).status).toBe(200)
  })

  it('that is killed drops its connections at once and frees the folder with everything in it', async () => {
    const dataFolder = temporaryFolder()
    const first = await start({ dataFolder })
    await mkdir(clientOf(first.rpcPort), '/kept')
    const idle = createConnection(first.rpcPort, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const dropped = new Promise((resolve) => idle.once('close', resolve))
    idle.on('error', () => idle.destroy())
    await first.kill()
    await dropped
    const second = await start({ dataFolder })
    expect((await clientOf(second.rpcPort).getFileInfo({ src: '/kept' })).fs).toBeDefined()
  })

  it('refuses a folder that another one uses', async () => {
    const dataFolder = temporaryFolder()
    await start({ dataFolder })
    await expect(start({ dataFolder })).rejects.toMatchObject({ code: 'DATA_FOLDER_LOCKED' })
  })

  it('whose port is taken frees the folder again', async () => {
    const dataFolder = temporaryFolder()
    const { rpcPort } = await start()
    await expect(start({ dataFolder, rpcPort })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    await start({ dataFolder })
  })

  it('listens beyond this machine only when a setting allows it', async () => {
    await expect(start({ bindHost: '0.0.0.0' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await start({ bindHost: '0.0.0.0', allowUnauthenticatedBind: true })
  })

  it('serves the same on further ports, and frees them at its end', async () => {
    const taken = await start()
    const ports = { extraRpcPorts: [taken.rpcPort], extraHttpPorts: [taken.httpPort] }
    await expect(start(ports)).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    await taken.close()
    const namenode = await start(ports)
    await mkdir(clientOf(taken.rpcPort), '/by-the-other-door')
    const { fs } = await clientOf(namenode.rpcPort).getFileInfo({ src: '/by-the-other-door' })
    expect(fs).toBeDefined()
    expect((await get(taken.httpPort, '/healthz')).status).toBe(200)
    await namenode.close()
    await expect(get(taken.httpPort, '/healthz')).rejects.toThrow()
    await start({ rpcPort: taken.rpcPort, httpPort: taken.httpPort })
  })

  it('closes twice without complaint', async () => {
    const namenode = await start()
    await namenode.close()
    await namenode.close()
  })
})

describe('its HTTP face', () => {
  it('says whether writes are accepted, and why not, in the same words as a refused write', async () => {
    const { httpPort, rpcPort } = await start({ safeModeThreshold: 1 })
    const ready = await get(httpPort, '/readyz')
    const cluster = JSON.parse((await get(httpPort, '/api/v1/cluster')).text)
    if (ready.status === 200) expect(cluster.writes).toEqual({ ready: true })
    else expect(cluster.writes.reason).toBe(JSON.parse(ready.text).reason)
    await clientOf(rpcPort).setSafeMode({ action: 2 })
    const manual = await get(httpPort, '/readyz')
    expect(manual.status).toBe(503)
    expect(JSON.parse(manual.text).reason).toContain('It was turned on manually')
  })

  it('shows the cluster as JSON', async () => {
    const { httpPort } = await start()
    const { text } = await get(httpPort, '/api/v1/cluster')
    expect(JSON.parse(text)).toMatchObject({
      clusterId: expect.stringMatching(/^CID-/),
      blockPoolId: expect.stringMatching(/^BP-/),
      namespace: { files: 0, blocks: 0 },
      statistics: { liveDatanodes: 0, missingBlocks: 0 },
      datanodes: [],
    })
  })

  it('counts calls and shows gauges for Prometheus', async () => {
    const { httpPort, rpcPort } = await start()
    await mkdir(clientOf(rpcPort), '/d')
    await clientOf(rpcPort).getFileInfo({ src: '/..' })
    const { text, type } = await get(httpPort, '/metrics')
    expect(type).toContain('text/plain')
    expect(text).toContain('dfs_rpc_calls_total{method="mkdirs",outcome="success"} 1')
    expect(text).toContain('dfs_rpc_duration_seconds_count{method="mkdirs"} 1')
    for (const name of [
      'dfs_under_replicated_blocks 0',
      'dfs_missing_blocks 0',
      'dfs_corrupt_blocks 0',
      'dfs_slow_storages 0',
      'dfs_datanodes{state="live"} 0',
      'dfs_datanodes{state="dead"} 0',
      'dfs_capacity_bytes 0',
      'dfs_files 0',
      'dfs_blocks 0',
      'dfs_commit_batches_total',
      'dfs_commit_changes_total',
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(text).toContain(name)
    }
  })

  it('checks the file system in HDFS’s words', async () => {
    const { httpPort, rpcPort } = await start()
    await mkdir(clientOf(rpcPort), '/d')
    const { text } = await get(httpPort, '/fsck?ugi=root&path=%2F&files=1&blocks=1&locations=1')
    expect(text).toMatch(
      /^FSCK started by root \(auth:SIMPLE\) from \/127\.0\.0\.1 for path \/ at \w{3} \w{3} \d\d/,
    )
    expect(text).toContain('/d <dir>\n')
    expect(text).toContain('Status: HEALTHY\n')
    expect(text).toContain(' Total dirs:\t\t\t2\n')
    expect(text.trimEnd().split('\n').at(-1)).toBe("The filesystem under path '/' is HEALTHY")
    const missing = await get(httpPort, '/fsck?ugi=root&path=/none')
    expect(missing.text.trimEnd().split('\n').at(-1)).toBe("Path '/none' does not exist")
  })

  it('changes nothing by a GET that a page of any site can make a browser send', async () => {
    const { httpPort } = await start()
    for (const path of ['/fsck?ugi=root&path=/&delete=1', '/api/v1/fsck?user=root&path=/&move=1']) {
      const url = `http://127.0.0.1:${httpPort}${path}`
      const answers = ['Mozilla/5.0 (X11)', 'Java/17'].map(async (agent) => {
        const answer = await fetch(url, { headers: { 'user-agent': agent } })
        await answer.text()
        return answer.status
      })
      expect(await Promise.all(answers)).toEqual([403, 200])
    }
  })

  it('asks for the groups of whom a request without a name stands for', async () => {
    const groups = {
      staticGroups: '',
      command: 'echo supergroup',
      timeoutMs: 5_000,
      cacheMs: 60_000,
    }
    const { httpPort } = await start({ anonymousUser: 'web', groups })
    expect((await get(httpPort, '/api/v1/top')).status).toBe(200)
  })

  it('checks the file system as JSON', async () => {
    const { httpPort } = await start()
    const answer = await get(httpPort, '/api/v1/fsck?path=/&user=root')
    expect(JSON.parse(answer.text)).toMatchObject({
      items: [],
      summary: { isHealthy: true, directories: 1 },
    })
    const missing = await get(httpPort, '/api/v1/fsck?path=/none&user=root')
    expect(missing.status).toBe(404)
    expect(missing.type).toContain('application/problem+json')
    const twice = await get(httpPort, '/api/v1/fsck?path=/&path=/')
    expect(twice.status).toBe(400)
  })

  it('answers what it does not know with a problem document', async () => {
    const { httpPort } = await start()
    const answer = await get(httpPort, '/nothing')
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })

  it('hears datanodes only when they know the cluster’s token', async () => {
    const { httpPort } = await start()
    const answer = await fetch(`http://127.0.0.1:${httpPort}/internal/v1/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(401)
  })
})
