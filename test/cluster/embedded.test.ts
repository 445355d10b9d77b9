/** The cluster inside a process, as the package exports it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as source from '../../index.js'
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

  it('says what kept its namenode from starting', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const starting = startCluster({ settings: { 'namenode.rpc-port': port } })
      await expect(starting).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    } finally {
      taken.close()
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

describe('the package as it is built', () => {
  const built = pathToFileURL(join(import.meta.dirname, '..', '..', 'dist', 'index.js')).href

  it('has the names of the sources, and one class of errors on both sides of a wire', () => {
    const program = `
      import * as dfs from ${JSON.stringify(built)}
      const cluster = await dfs.startCluster({ datanodes: 1 })
      await cluster.client().writeFile('/file', 'content')
      const content = String(await cluster.client().readFile('/file'))
      const error = await cluster.client().readFile('/none').catch((it) => it)
      await cluster.stop()
      console.log(JSON.stringify({
        names: Object.keys(dfs), content, code: error.code, isOurs: error instanceof dfs.DfsError,
      }))`
    const words = ['--input-type=module', '--eval', program]
    expect(JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }))).toEqual({
      names: Object.keys(source).sort(),
      content: 'content',
      code: 'NOT_FOUND',
      isOurs: true,
    })
  })

  it('shows a short line of code with an error that nobody caught', () => {
    const program = `
      import { DfsClient } from ${JSON.stringify(built)}
      await DfsClient.connect({ fs: 'hdfs://127.0.0.1:1' }).stat('/')`
    const words = ['--input-type=module', '--eval', program]
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('DfsError: cannot connect to 127.0.0.1:1')
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(300)
  })
})
