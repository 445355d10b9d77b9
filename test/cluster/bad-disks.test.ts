/**
 * Single calls to a disk that fail or take their time, under real processes: EIO on read, write and sync of one volume of
 * two, a disk that is slow, a process without descriptors. Runs where a C compiler is; elsewhere it prints that it proved nothing.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DfsError } from '../../shared/errors.js'
import { BadDisk, obstacleToBadDisks } from '../support/bad-disk.js'
import { content } from '../support/content.js'
import { sayNotTested } from '../support/not-tested.js'
import { ProcessCluster, type ProcessDatanode } from '../support/process-cluster.js'
import { expectHealed, writeReplicated } from '../support/replica-files.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { BRISK } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BYTES = content(23, 2_500_000)

interface Setting {
  readonly cluster: ProcessCluster
  /** The node with two volumes, one of them on the disk. */
  readonly node: ProcessDatanode
  readonly disk: BadDisk
  readonly blocks: string
}

async function clusterWithBadDisk(
  settings: Readonly<Record<string, string>> = {},
): Promise<Setting> {
  const folder = temporaryFolder()
  const volumes = [join(folder, 'sound'), join(folder, 'bad')]
  const cluster = await ProcessCluster.start({
    datanodes: 3,
    settings: { ...BRISK, ...settings },
    datanodeSettings: [{ 'datanode.volumes': volumes.join(',') }],
  })
  onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
  const [node] = cluster.datanodes
  if (node === undefined) throw new Error('the cluster has datanodes')
  const blocks = join(folder, 'bad', 'blocks')
  const disk = new BadDisk(blocks)
  await node.stop()
  await node.start(disk.environment)
  await cluster.ready()
  return { cluster, node, disk, blocks }
}

async function metric({ addresses }: ProcessDatanode, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${addresses['httpPort']}/metrics`)
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await response.text())?.[1])
}

const isOut = async ({ node }: Setting) => (await metric(node, 'dfs_datanode_failed_volumes')) === 1

const replicasOn = (blocks: string) =>
  readdirSync(blocks, { recursive: true, encoding: 'utf8' }).filter((it) => it.endsWith('.meta'))
    .length

/** Files until so many of their replicas are on the disk. */
async function writeUntilOn({ cluster, blocks }: Setting, replicas = 4): Promise<string[]> {
  const paths: string[] = []
  while (replicasOn(blocks) < replicas) {
    const path = `/before-${paths.length}`
    await writeReplicated(cluster, path, BYTES)
    paths.push(path)
  }
  return paths
}

/** Files until one met the disk, which its node takes out for that; all of them were acknowledged. */
async function writeUntilOut(setting: Setting): Promise<string[]> {
  const paths: string[] = []
  await waitUntil(
    async () => {
      const path = `/during-${paths.length}`
      await setting.cluster.client().writeFile(path, BYTES)
      paths.push(path)
      return await isOut(setting)
    },
    { what: 'the volume to be taken out' },
  )
  return paths
}

/** The node is there, and every file has all of its replicas with the right bytes. */
async function expectSound({ cluster, node }: Setting, paths: readonly string[]): Promise<void> {
  for (const path of paths) await expectHealed(cluster, path, BYTES)
  expect(node.isRunning).toBe(true)
  expect(await liveNodes(cluster)).toBe(3)
}

async function liveNodes(cluster: ProcessCluster): Promise<number> {
  return (await cluster.client().datanodeReport()).filter(({ isAlive }) => isAlive).length
}

interface SlowStorage {
  readonly storageId: string
  readonly meanMs: number
  readonly usualMs: number
  readonly isAvoided: boolean
}

async function slowStorages({ namenode }: ProcessCluster): Promise<readonly SlowStorage[]> {
  const { httpPort } = namenode.addresses
  const response = await fetch(`http://127.0.0.1:${httpPort}/api/v1/status`)
  const status: { slowStorages: SlowStorage[] } = JSON.parse(await response.text())
  return status.slowStorages
}

const storageIdOf = (volume: string): string =>
  JSON.parse(readFileSync(join(volume, 'VERSION.json'), 'utf8')).storageId

const obstacle = obstacleToBadDisks()

if (obstacle !== undefined) {
  sayNotTested('disks of which single calls fail', obstacle)
} else {
  describe('a volume whose disk answers EIO', () => {
    it('to reads is taken out; readers get the right bytes all the while', async () => {
      const setting = await clusterWithBadDisk()
      const paths = await writeUntilOn(setting)
      setting.disk.make({ kind: 'read', error: 'EIO' })
      const client = setting.cluster.client()
      await waitUntil(
        async () => {
          // Readers of a block all begin with the same replica: some of many are those on the disk.
          const path = `/more-${paths.length}`
          await client.writeFile(path, BYTES)
          paths.push(path)
          for (const it of paths) expect((await client.readFile(it)).equals(BYTES)).toBe(true)
          return await isOut(setting)
        },
        { what: 'the volume to be taken out' },
      )
      await expectSound(setting, paths)
    })

    it('to writes is taken out; writers go on with the other nodes', async () => {
      const setting = await clusterWithBadDisk()
      const before = await writeUntilOn(setting)
      setting.disk.make({ kind: 'write', error: 'EIO' })
      await expectSound(setting, [...before, ...(await writeUntilOut(setting))])
    })

    it('to one sync is taken out: it is never asked again, although it would say yes', async () => {
      const setting = await clusterWithBadDisk()
      const before = await writeUntilOn(setting)
      setting.disk.make({ kind: 'sync', error: 'EIO', count: 1 })
      const during = await writeUntilOut(setting)
      const met = setting.disk.met()
      const failed = met.findIndex(({ hasFailed }) => hasFailed)
      expect(failed).toBeGreaterThanOrEqual(0)
      expect(met.slice(failed + 1).map(({ path }) => path)).not.toContain(met[failed]?.path)
      await expectSound(setting, [...before, ...during])
    })
  })

  it('a disk that takes 300 ms for each write and sync slows its writers down, and nothing else, until it is avoided', async () => {
    // Looked at every second or so: its calls are seen waiting, and are not taken for hung.
    const setting = await clusterWithBadDisk({ 'datanode.hung-after': '5s' })
    setting.disk.make({ kind: 'write', waitMs: 300 }, { kind: 'sync', waitMs: 300 })
    let isWriting = true
    const fewestNodes = async () => {
      let fewest = 3
      while (isWriting) fewest = Math.min(fewest, await liveNodes(setting.cluster))
      return fewest
    }
    const [paths, fewest] = await Promise.all([
      writeUntilOn(setting, 2).finally(() => {
        isWriting = false
      }),
      fewestNodes(),
    ])
    // Or the disk was not slow.
    expect(setting.disk.met().length).toBeGreaterThan(10)
    expect(fewest).toBe(3)
    expect(await isOut(setting)).toBe(false)
    await waitUntil(
      async () => {
        const path = `/more-${paths.length}`
        await setting.cluster.client().writeFile(path, BYTES)
        paths.push(path)
        return (await slowStorages(setting.cluster)).length > 0
      },
      { what: 'the slow disk to be told from the others' },
    )
    // It alone: the machine is as busy for the others.
    const slow = await slowStorages(setting.cluster)
    expect(slow.map((it) => it.storageId)).toEqual([storageIdOf(join(setting.blocks, '..'))])
    expect(slow[0]?.meanMs).toBeGreaterThan(3 * (slow[0]?.usualMs ?? 0))
    // Nothing new goes there, though its node is needed for every file: to the other disk of it.
    expect(slow[0]?.isAvoided).toBe(true)
    const held = replicasOn(setting.blocks)
    for (let count = 0; count < 8; count += 1) {
      const path = `/avoiding-${count}`
      await writeReplicated(setting.cluster, path, BYTES)
      paths.push(path)
    }
    expect(replicasOn(setting.blocks)).toBe(held)
    await expectSound(setting, paths)
  })

  it('a namenode whose disk fails one sync ends, and has all that it acknowledged when it is back', async () => {
    const cluster = await ProcessCluster.start({ datanodes: 1, settings: BRISK })
    onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
    const disk = new BadDisk(cluster.folder.dataFolder('namenode'))
    await cluster.namenode.stop()
    await cluster.namenode.start(disk.environment)
    await cluster.ready()
    const client = cluster.client()
    await client.mkdir('/before')
    disk.make({ kind: 'sync', error: 'EIO', count: 1 })
    const during = client.mkdir('/during')
    await expect(during).rejects.toThrow(/the namenode ends: disk I\/O error/)
    expect((await cluster.namenode.ended())?.code).toBeGreaterThan(0)
    await cluster.namenode.start()
    await client.mkdir('/after')
    for (const path of ['/before', '/after']) expect(await client.exists(path)).toBe(true)
  })

  it('a node that runs out of descriptors says so, harms nothing, and serves again when it has some', async () => {
    const cluster = await ProcessCluster.start({ datanodes: 1, settings: BRISK })
    onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
    const [node] = cluster.datanodes
    if (node === undefined) throw new Error('the cluster has a datanode')
    const client = cluster.client()
    const write = async (path: string) => {
      await client.writeFile(path, BYTES, { replication: 1 })
      return path
    }
    const before = await write('/before')
    limitDescriptors(node.pid, readdirSync(`/proc/${node.pid}/fd`).length + 8)
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => {
        const path = await write(`/during-${index}`)
        expect((await client.readFile(before)).equals(BYTES)).toBe(true)
        return path
      }),
    )
    // Or it did not run out.
    const failures = attempts.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []))
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) expect(failure).toBeInstanceOf(DfsError)
    limitDescriptors(node.pid, 1024)
    const done = attempts.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
    for (const path of [before, ...done, await write('/after')]) {
      await expectHealed(cluster, path, BYTES, { replicas: 1 })
    }
    expect(await metric(node, 'dfs_datanode_failed_volumes')).toBe(0)
    expect(await metric(node, 'dfs_datanode_corrupt_replicas_total')).toBe(0)
  })
}

/** For a running process, whatever it had open. */
function limitDescriptors(pid: number, count: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`])
}
