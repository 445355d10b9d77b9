/**
 * Disks that fail as real ones do, under real processes: full, out of inodes, read-only, hanging, without power. Runs where
 * loop devices can be mounted; elsewhere it prints that it proved nothing, and why.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { content } from '../support/content.js'
import { LoopDisk, obstacleToLoopDisks } from '../support/loop-disk.js'
import { sayNotTested } from '../support/not-tested.js'
import { ProcessCluster, type ProcessDatanode } from '../support/process-cluster.js'
import { expectHealed, writeReplicated } from '../support/replica-files.js'
import { BRISK } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const BYTES = content(21, 3_000_000)
const MIB = 2 ** 20

interface Setting {
  readonly cluster: ProcessCluster
  /** The node with a volume on a sound disk, and one on the disk of the test. */
  readonly node: ProcessDatanode
  readonly disk: LoopDisk
}

async function clusterWith(disk: LoopDisk): Promise<Setting> {
  // As large as the other, or nearly all blocks would go where more room is.
  const sound = new LoopDisk()
  const volumes = [join(sound.path, 'volume'), join(disk.path, 'volume')]
  const cluster = await ProcessCluster.start({
    datanodes: 3,
    settings: { ...BRISK, 'datanode.hung-after': '2s' },
    datanodeSettings: [{ 'datanode.volumes': volumes.join(',') }],
  })
  onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
  const [node] = cluster.datanodes
  if (node === undefined) throw new Error('the cluster has datanodes')
  return { cluster, node, disk }
}

async function failedVolumes({ addresses }: ProcessDatanode): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${addresses['httpPort']}/metrics`)
  return Number(/^dfs_datanode_failed_volumes (\d+)/m.exec(await response.text())?.[1])
}

/** Files until one has a replica on the disk. */
async function writeUntilOn({ cluster, disk }: Setting, prefix: string): Promise<string[]> {
  const paths: string[] = []
  while (replicasOn(disk) === 0) {
    const path = `/${prefix}-${paths.length}`
    await writeReplicated(cluster, path, BYTES)
    paths.push(path)
  }
  return paths
}

/** Files until one met the disk, which its node takes out for that. */
async function writeUntilOut({ cluster, node }: Setting): Promise<void> {
  let count = 0
  await waitUntil(
    async () => {
      count += 1
      await cluster.client().writeFile(`/during-${count}`, BYTES)
      return (await failedVolumes(node)) === 1
    },
    { what: 'the volume to be taken out' },
  )
}

function replicasOn(disk: LoopDisk): number {
  const blocks = join(disk.path, 'volume', 'blocks')
  return readdirSync(blocks, { recursive: true, encoding: 'utf8' }).filter((it) =>
    it.endsWith('.meta'),
  ).length
}

async function expectSound({ cluster }: Setting, paths: readonly string[]): Promise<void> {
  for (const path of paths) await expectHealed(cluster, path, BYTES)
}

const obstacle = obstacleToLoopDisks()

if (obstacle !== undefined) {
  sayNotTested('disks that fail', obstacle)
} else {
  describe('a volume whose disk', () => {
    it('is full is left out, and used again when there is room', async () => {
      const disk = new LoopDisk()
      const setting = await clusterWith(disk)
      const paths = await writeUntilOn(setting, 'before')
      const ballast = join(disk.path, 'ballast')
      fillUp(ballast)
      const before = replicasOn(disk)
      for (const path of ['/full-1', '/full-2']) await writeReplicated(setting.cluster, path, BYTES)
      expect(replicasOn(disk)).toBe(before)
      expect(await failedVolumes(setting.node)).toBe(0)
      rmSync(ballast)
      let count = 0
      await waitUntil(
        async () => {
          count += 1
          await setting.cluster.client().writeFile(`/after-${count}`, BYTES)
          return replicasOn(disk) > before
        },
        { what: 'a replica on the disk that has room again' },
      )
      await expectSound(setting, [...paths, '/full-1', '/full-2', '/after-1'])
    })

    it('has no inode left is left out, although it has room', async () => {
      const disk = new LoopDisk({ inodes: 64 })
      const setting = await clusterWith(disk)
      // Again before each file: the node's own small files come and go, and leave an inode now and then.
      for (const path of ['/a', '/b', '/c']) {
        useUpInodes(disk.path)
        await writeReplicated(setting.cluster, path, BYTES)
      }
      expect(replicasOn(disk)).toBe(0)
      expect(await failedVolumes(setting.node)).toBe(0)
      await expectSound(setting, ['/a', '/b', '/c'])
    })

    it('turns read-only is taken out; its blocks are copied, the node goes on', async () => {
      const disk = new LoopDisk({ mountOptions: 'errors=remount-ro' })
      const setting = await clusterWith(disk)
      const paths = await writeUntilOn(setting, 'before')
      disk.meetDamage()
      await writeUntilOut(setting)
      await expectSound(setting, [...paths, '/during-1'])
    })

    it('hangs is taken out; heartbeats, reads and other volumes go on', async () => {
      const disk = new LoopDisk()
      const setting = await clusterWith(disk)
      const paths = await writeUntilOn(setting, 'before')
      disk.freeze()
      // Writers that meet it wait, and go on elsewhere once it is out.
      const writing = Promise.all(
        ['/during-1', '/during-2', '/during-3', '/during-4'].map((path) =>
          setting.cluster.client().writeFile(path, BYTES),
        ),
      )
      await waitUntil(async () => (await failedVolumes(setting.node)) === 1, {
        what: 'the volume to be taken out',
        timeoutMs: 20_000,
      })
      await writing
      await expectSound(setting, [...paths, '/during-1', '/during-4'])
      const report = await setting.cluster.client().datanodeReport()
      expect(report).toHaveLength(3)
      disk.thaw()
    })

    it('loses its power is taken out; what was acknowledged is there when it is back', async () => {
      const disk = new LoopDisk()
      const setting = await clusterWith(disk)
      const paths = await writeUntilOn(setting, 'before')
      disk.cutPower()
      await writeUntilOut(setting)
      await setting.node.kill()
      disk.restorePower()
      expect(replicasOn(disk)).toBeGreaterThan(0)
      await setting.node.start()
      await setting.cluster.ready()
      expect(await failedVolumes(setting.node)).toBe(0)
      await expectSound(setting, paths)
    })
  })

  it('a namenode whose disk is full refuses changes, serves reads, and goes on when there is room', async () => {
    const disk = new LoopDisk()
    const dataFolder = join(disk.path, 'namenode')
    const cluster = await ProcessCluster.start({
      datanodes: 1,
      settings: { ...BRISK, 'namenode.data-folder': dataFolder },
    })
    onTestFinished(({ task }) => cluster.stop({ keepFolder: task.result?.state === 'fail' }))
    const client = cluster.client()
    await client.writeFile('/file', BYTES, { replication: 1 })
    const made = ['/file']
    const ballast = join(disk.path, 'ballast')
    fillUp(ballast)
    // What its log has taken beforehand is used up first.
    await expect(makeDirectories(client, made)).rejects.toMatchObject({ code: 'DISK_FULL' })
    const refused = `/directory-${made.length}`
    expect((await client.readFile('/file')).equals(BYTES)).toBe(true)
    expect(await client.exists(refused)).toBe(false)
    rmSync(ballast)
    await client.mkdir('/after')
    made.push('/after')
    await cluster.namenode.kill()
    await cluster.namenode.start()
    await cluster.ready()
    const names: string[] = []
    for await (const { path } of client.list('/')) names.push(path)
    expect(new Set(names)).toEqual(new Set(made))
  })
}

function useUpInodes(folder: string): void {
  try {
    for (;;) writeFileSync(join(folder, `file-${randomUUID()}`), '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

function fillUp(path: string): void {
  const piece = Buffer.alloc(MIB)
  try {
    for (;;) writeFileSync(path, piece, { flag: 'a' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

async function makeDirectories(client: DfsClient, made: string[]): Promise<void> {
  while (made.length < 100_000) {
    const path = `/directory-${made.length}`
    await client.mkdir(path)
    made.push(path)
  }
}
