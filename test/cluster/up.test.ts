/** `dfs up` as a user runs it: a command that prints where everything is, and takes everything with it when it ends. */
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { allGone, isAlive, pids, type Server, startUp, stateOf } from '../support/running-up.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { waitUntil } from '../support/wait-until.js'

/** Ports that no outgoing connection is given, so that nobody takes them between a stop and the next start. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

async function lastingPorts(count: number): Promise<number[]> {
  const ports: number[] = []
  const start = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - 100))
  for (let port = start; ports.length < count && port < LAST_PORT; port += 1) {
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return free
}

describe('dfs up', () => {
  it('prints the addresses, three lines to try, and ready alone on its line', async () => {
    const up = startUp(temporaryFolder(), '--datanodes', '1')
    await waitUntil(() => up.output.includes('ready'), {
      what: 'ready',
      explain: () => up.complaints,
    })
    const text = up.output.join('\n')
    expect(text).toMatch(/^namenode {4}hdfs:\/\/127\.0\.0\.1:\d+ {2}http:\/\/127\.0\.0\.1:\d+\//m)
    expect(text).toMatch(/^datanode-1 {2}data 127\.0\.0\.1:\d+/m)
    expect(text).toMatch(/dfs .*put/)
    expect(text).toMatch(/curl -L -T/)
    expect(text).toMatch(/hdfs dfs -fs hdfs:/)
    expect(up.output.at(-1)).toBe('ready')
  })

  it('finds at its next start the files, the ports and the secret that it had', async () => {
    const folder = temporaryFolder()
    const portsFile = join(folder, 'datanode-ports.json')
    const [transferPort, httpPort, ipcPort] = await lastingPorts(3)
    writeFileSync(portsFile, JSON.stringify([{ transferPort, httpPort, ipcPort }]))
    const first = startUp(folder, '--json')
    const before = await stateOf(first)
    const written = JSON.parse(readFileSync(portsFile, 'utf8')) as Server[]
    expect(written.map((ports) => ports.transferPort)).toEqual(
      before.datanodes.map((datanode) => datanode.transferPort),
    )
    const client = DfsClient.connect({ fs: before.fs })
    await client.writeFile('/kept', 'for ever', { replication: 3 })
    await client.close()
    const token = readFileSync(join(folder, 'cluster-token'), 'utf8')
    expect(statSync(join(folder, 'cluster-token')).mode & 0o777).toBe(0o600)
    first.child.kill('SIGINT')
    const [code] = await once(first.child, 'exit')
    expect(code).toBe(0)
    await allGone(before)

    const after = await stateOf(startUp(folder, '--json'))
    const again = DfsClient.connect({ fs: after.fs })
    expect(String(await again.readFile('/kept'))).toBe('for ever')
    await again.close()
    expect(before.datanodes[0]?.transferPort).toBe(transferPort)
    expect(after.datanodes[0]?.transferPort).toBe(transferPort)
    expect(readFileSync(join(folder, 'cluster-token'), 'utf8')).toBe(token)
  })

  it('takes its servers with it even when it is killed', async () => {
    const up = startUp(temporaryFolder(), '--json')
    const state = await stateOf(up)
    expect(pids(state).every(isAlive)).toBe(true)
    up.child.kill('SIGKILL')
    await allGone(state)
  })

  it('tells of a server that ends unasked, and goes on with the others', async () => {
    const up = startUp(temporaryFolder(), '--json')
    const state = await stateOf(up)
    const [victim] = state.datanodes
    process.kill(victim!.pid, 'SIGKILL')
    await waitUntil(() => up.complaints.find((line) => line.includes(`pid ${victim!.pid}`)), {
      what: 'a word about the killed datanode',
    })
    const client = DfsClient.connect({ fs: state.fs })
    await client.writeFile('/still', 'works')
    await client.close()
  })

  it.each([
    ['a block size that is none', ['--block-size', 'large'], /block\.size must be a size/],
    ['no datanodes', ['--datanodes', '0'], /--datanodes must be between/],
    ['an unknown setting', ['--set', 'block.siez=1m'], /did you mean block\.size/],
    [
      'the whole world',
      ['--set', 'network.bind-host=0.0.0.0'],
      /set network\.allow-unauthenticated to true/,
    ],
  ])('refuses %s in one line', async (_name, flags, complaint) => {
    const up = startUp(temporaryFolder(), ...flags)
    const [code] = await once(up.child, 'close')
    expect(code).toBe(255)
    expect(up.complaints.join('\n')).toMatch(complaint)
    expect(up.output).toEqual([])
  })

  it('says which data folder is in use', async () => {
    const folder = temporaryFolder()
    const first = startUp(folder, '--json', '--datanodes', '1')
    await stateOf(first)
    const second = startUp(folder, '--json', '--datanodes', '1')
    const [code] = await once(second.child, 'close')
    expect(code).toBe(1)
    expect(second.complaints.join('\n')).toMatch(/in use|locked/)
    // The first is none the worse.
    expect(first.child.exitCode).toBeNull()
  })
})
