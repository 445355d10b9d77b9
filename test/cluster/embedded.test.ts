/** The cluster inside a process, as the package exports it. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { DfsError, startCluster } from '../../index.js'
import { content } from '../support/content.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('startCluster', () => {
  it('accepts the first write when it resolves', async () => {
    const cluster = await startCluster({ datanodes: 3 })
    try {
      await cluster.client().writeFile('/hello', 'hello', { replication: 3 })
      expect(String(await cluster.client().readFile('/hello'))).toBe('hello')
    } finally {
      await cluster.stop()
    }
  })

  it('leaves no temporary folder behind', async () => {
    const cluster = await startCluster({ datanodes: 1 })
    expect(existsSync(cluster.dataFolder)).toBe(true)
    await cluster.stop()
    expect(existsSync(cluster.dataFolder)).toBe(false)
  })

  it('finds its data again in a folder that it was given', async () => {
    const dataFolder = temporaryFolder()
    const bytes = content(5, 100_000)
    const first = await startCluster({ dataFolder })
    await first.client().writeFile('/kept', bytes)
    await first.stop()
    const second = await startCluster({ dataFolder })
    expect((await second.client().readFile('/kept')).equals(bytes)).toBe(true)
    await second.stop()
  })

  it('starts a datanode on other ports when somebody took those that it had', async () => {
    const cluster = await startCluster({ datanodes: 1 })
    const [datanode] = cluster.datanodes
    const port = datanode?.transferPort ?? 0
    await datanode?.stop()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    try {
      await datanode?.start()
      expect(datanode?.transferPort).not.toBe(port)
    } finally {
      other.close()
      await cluster.stop()
    }
  })

  it('refuses unknown settings', async () => {
    const settings = { 'block.sice': '1MiB' } as Record<string, string>
    await expect(startCluster({ settings })).rejects.toThrow(/did you mean block\.size/)
  })

  it('reports errors with their names', async () => {
    const cluster = await startCluster({ datanodes: 1 })
    try {
      const failure = await cluster
        .client()
        .readFile('/none')
        .catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(DfsError)
      expect(failure).toMatchObject({ code: 'NOT_FOUND' })
    } finally {
      await cluster.stop()
    }
  })
})
