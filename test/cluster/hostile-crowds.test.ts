/**
 * Crowds of silent and unfinished connections against real processes: everybody else is served meanwhile, and afterwards
 * descriptors and memory are what they were.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { connected } from '../support/hostile-cluster.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { BRISK } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

/** For each of five ports: below the usual limit on descriptors of one process, which is this one's too. */
const CROWD = 600
/** What a crowd may leave in a heap that has not been collected. */
const MEMORY_LEFT_BYTES = 150 * 1024 * 1024

const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length

function memoryBytesOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** What the first bytes of a conversation look like on each kind of port; the rest never comes. */
const BEGINNINGS = {
  rpcPort: Buffer.from('68727063090000000000', 'hex'),
  ipcPort: Buffer.from('68727063090000000000', 'hex'),
  transferPort: Buffer.from('001c51ff7f0a', 'hex'),
  httpPort: Buffer.from('GET / HTTP/1.1\r\nX: '),
} as const

it('a crowd on every port keeps nobody out and leaves nothing', async () => {
  // Thousands of connections that end at once take a busy machine longer than a brisk cluster's patience.
  const settings = { ...BRISK, 'liveness.stale-after': '15s', 'liveness.dead-after': '60s' }
  const cluster = await ProcessCluster.start({ datanodes: 1, settings })
  const crowd: Socket[] = []
  try {
    const client = cluster.client()
    await client.writeFile('/before', 'before', { replication: 1 })
    const nodes = [cluster.namenode, ...cluster.datanodes]
    const before = nodes.map(({ pid }) => ({
      descriptors: descriptorsOf(pid),
      memoryBytes: memoryBytesOf(pid),
    }))
    for (const { addresses } of nodes) {
      for (const [name, beginning] of Object.entries(BEGINNINGS)) {
        const port = Number(addresses[name] ?? 0)
        if (port > 0) crowd.push(...(await gather(port, beginning)))
      }
    }
    expect(crowd.length).toBe(5 * CROWD)
    await client.writeFile('/meanwhile', 'meanwhile', { replication: 1 })
    expect(String(await client.readFile('/meanwhile'))).toBe('meanwhile')
    expect((await fetch(`${cluster.httpUrl}/healthz`)).status).toBe(200)
    for (const socket of crowd) socket.destroy()
    for (const [index, { pid, name }] of nodes.entries()) {
      const limit = (before[index]?.descriptors ?? 0) + 20
      await waitUntil(() => descriptorsOf(pid) <= limit, {
        what: `no more than ${limit} descriptors of ${name}`,
        explain: () => descriptorsOf(pid),
      })
      const grownBytes = memoryBytesOf(pid) - (before[index]?.memoryBytes ?? 0)
      expect(grownBytes, name).toBeLessThan(MEMORY_LEFT_BYTES)
    }
    await client.writeFile('/after', 'after', { replication: 1 })
    expect(String(await client.readFile('/after'))).toBe('after')
  } finally {
    for (const socket of crowd) socket.destroy()
    await cluster.stop()
  }
})

/** Half of them silent, half with a beginning. */
async function gather(port: number, beginning: Buffer): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let index = 0; index < CROWD; index += 1) {
    const socket = await connected(port)
    if (index % 2 === 0) socket.write(beginning)
    sockets.push(socket)
  }
  return sockets
}
