/** A namenode that lost its disk, or was given an older one: nothing is deleted, and no id is given out twice. */
import { execFile } from 'node:child_process'
import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { content } from '../support/content.js'
import { startTestCluster, type TestCluster, waitForReplicas } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BYTES = content(5, 1_500_000)
const JUMP = 2 ** 30

async function dfs(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bin/dfs', words)
  return stdout
}

async function firstBlock(cluster: TestCluster, path: string) {
  const [block] = await cluster.blocks(path)
  if (block === undefined) throw new Error(`${path} has no block`)
  return block
}

const replicasOf = (cluster: TestCluster, blockId: number) =>
  cluster.datanodes.flatMap((it) => it.replicaPaths(blockId))

async function lastTransaction(cluster: TestCluster): Promise<number> {
  const response = await fetch(`${cluster.httpUrl}/api/v1/cluster`)
  const document: { namespace: { lastTransactionId: number } } = JSON.parse(await response.text())
  return document.namespace.lastTransactionId
}

/** What was written after the state that the namenode has now: unknown to it, and still there. */
async function expectKept(
  cluster: TestCluster,
  lost: { blockId: number },
  distance: number,
): Promise<void> {
  const client = cluster.client()
  expect(await client.exists('/lost')).toBe(false)
  await waitUntil(
    async () => {
      const response = await fetch(`${cluster.httpUrl}/api/v1/fsck?path=/`)
      return (await response.text()).includes(String(lost.blockId))
    },
    { what: 'the lost block to be listed as one that nobody knows', timeoutMs: 30_000 },
  )
  await client.writeFile('/new', 'after')
  expect((await firstBlock(cluster, '/new')).blockId).toBeGreaterThan(lost.blockId + distance)
  expect((await client.readFile('/old')).equals(BYTES)).toBe(true)
  expect(replicasOf(cluster, lost.blockId)).toHaveLength(3)
}

describe('a namespace that is older than its datanodes', () => {
  it('is restored from a backup, with its blocks as they were', async () => {
    const cluster = await startTestCluster('in-process')
    const client = cluster.client()
    const backups = join(cluster.dataFolder, 'backups')
    await client.writeFile('/old', BYTES)
    await waitForReplicas(cluster, '/old', 3)
    expect(await dfs('backup', backups, '--http', cluster.httpUrl)).toContain(
      'Backup of transaction',
    )
    await client.writeFile('/lost', 'gone')
    await waitForReplicas(cluster, '/lost', 3)
    const lost = await firstBlock(cluster, '/lost')
    await cluster.namenode.kill()
    const folder = join(cluster.dataFolder, 'namenode')
    renameSync(folder, `${folder}.lost`)
    expect(await dfs('verify', backups)).toContain('the tables are what the edits make')
    expect(await dfs('restore', '--from', backups, '--data', folder)).toContain(': 1 files')
    await cluster.namenode.start()
    await cluster.ready()
    await expectKept(cluster, lost, JUMP / 2)
    expect(await lastTransaction(cluster)).toBeGreaterThan(JUMP)
  })

  it('moves its counters when an older copy was put back by hand', async () => {
    const cluster = await startTestCluster('in-process')
    const client = cluster.client()
    await client.writeFile('/old', BYTES)
    await waitForReplicas(cluster, '/old', 3)
    const folder = join(cluster.dataFolder, 'namenode')
    await cluster.namenode.stop()
    cpSync(folder, `${folder}.copy`, { recursive: true })
    await cluster.namenode.start()
    await cluster.ready()
    await client.writeFile('/lost', 'gone')
    await waitForReplicas(cluster, '/lost', 3)
    const lost = await firstBlock(cluster, '/lost')
    await cluster.namenode.kill()
    rmSync(folder, { recursive: true })
    // With all its records and the epoch of the life that is lost: only the blocks tell.
    renameSync(`${folder}.copy`, folder)
    await cluster.namenode.start()
    await cluster.ready()
    await expectKept(cluster, lost, 0)
  })

  it('is found on the volumes of the datanodes when the cluster keeps its own backups', async () => {
    const settings = { 'backup.target': 'dfs:/backups', 'backup.interval': '1s', 'backup.keep': 2 }
    const cluster = await startTestCluster('in-process', { settings })
    const client = cluster.client()
    await client.writeFile('/old', BYTES)
    await waitForReplicas(cluster, '/old', 3)
    const kept = async () => {
      const names: string[] = []
      if (await client.exists('/backups')) {
        for await (const { name } of client.list('/backups')) names.push(name)
      }
      return names.toSorted()
    }
    const wanted = await lastTransaction(cluster)
    await waitUntil(
      async () => {
        await client.mkdir(`/changed/${Date.now()}`)
        const names = await kept()
        const isNew = Number(names[0]?.slice('backup-'.length)) >= wanted
        return isNew && names.length === 2 && names.every((it) => /^backup-\d{16}$/.test(it))
      },
      { what: 'the newest two backups to be there', timeoutMs: 60_000 },
    )
    const all = [cluster.namenode, ...cluster.datanodes]
    await Promise.all(all.map((it) => it.kill()))
    const folder = join(cluster.dataFolder, 'namenode')
    rmSync(folder, { recursive: true })
    const volume = cluster.datanodes[0]?.dataFolders[0] ?? ''
    expect(await dfs('restore', '--from', volume, '--data', folder)).toContain('as of transaction')
    await Promise.all(all.map((it) => it.start()))
    await cluster.ready()
    expect((await client.readFile('/old')).equals(BYTES)).toBe(true)
  })
})
