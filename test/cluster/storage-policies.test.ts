/** Volumes of several types: files go where their policy wants them, and move there on request without ever being fewer. */
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Cluster, type ClusterOptions, startCluster } from '../../embedded/start-cluster.js'
import { content } from '../support/content.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { BRISK } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

let cluster: Cluster
afterEach(() => cluster.stop())

/** A word for each datanode, types joined by `+`: `DISK+SSD ARCHIVE`. */
async function start(layout: string, settings: ClusterOptions['settings'] = {}) {
  const folder = temporaryFolder()
  const words = layout.split(' ')
  cluster = await startCluster({
    datanodes: words.length,
    settings: { ...BRISK, ...settings },
    datanodeSettings: words.map((types, node) => ({
      'datanode.volumes': types
        .split('+')
        .map((type) => `[${type}]${join(folder, `${node}-${type.toLowerCase()}`)}`)
        .join(','),
    })),
  })
  return cluster.client()
}

/** `ARCHIVE DISK`: the types of the replicas of each block of a file. */
async function typesOf(path: string): Promise<string[]> {
  const url = `${cluster.httpUrl}/webhdfs/v1${path}?op=GETFILEBLOCKLOCATIONS`
  const answer = (await (await fetch(url)).json()) as {
    BlockLocations: { BlockLocation: { storageTypes: string[] }[] }
  }
  return answer.BlockLocations.BlockLocation.map((it) => it.storageTypes.toSorted().join(' '))
}

const seen = (path: string) => ({
  what: `${path} on the right types`,
  explain: () => typesOf(path),
})

describe('a file', () => {
  it('is written where the policy of its directory wants it, and moved when that changes', async () => {
    const client = await start('DISK+ARCHIVE DISK+ARCHIVE DISK+ARCHIVE')
    const bytes = content(1, 2_500_000)
    await client.mkdir('/a')
    await client.writeFile('/a/f', bytes)
    expect(await typesOf('/a/f')).toEqual(Array(3).fill('DISK DISK DISK'))
    await client.attributes.setStoragePolicy('/a', 'COLD')
    await client.writeFile('/a/cold', 'new files obey at once')
    expect(await typesOf('/a/cold')).toEqual(['ARCHIVE ARCHIVE ARCHIVE'])
    expect(await typesOf('/a/f')).toEqual(Array(3).fill('DISK DISK DISK'))
    await client.attributes.satisfyStoragePolicy('/a')
    await waitUntil(async () => {
      const types = await typesOf('/a/f')
      // Each move is inside a node here: there are never fewer than three, but for a moment in the books.
      return types.every((it) => it === 'ARCHIVE ARCHIVE ARCHIVE')
    }, seen('/a/f'))
    expect(await client.readFile('/a/f')).toEqual(bytes)
  })

  it('moves to other nodes when its own have no such storage, copy first', async () => {
    const client = await start('DISK DISK ARCHIVE ARCHIVE')
    const bytes = content(2, 1_500_000)
    await client.writeFile('/f', bytes, { replication: 2 })
    expect(await typesOf('/f')).toEqual(Array(2).fill('DISK DISK'))
    await client.attributes.setStoragePolicy('/f', 'COLD')
    await client.attributes.satisfyStoragePolicy('/f')
    await waitUntil(async () => {
      const types = await typesOf('/f')
      for (const it of types) expect(it.split(' ').length).toBeGreaterThanOrEqual(2)
      return types.every((it) => it === 'ARCHIVE ARCHIVE')
    }, seen('/f'))
    expect(await client.readFile('/f')).toEqual(bytes)
  })

  it('that is LAZY_PERSIST lies in memory for a while, then on disks', async () => {
    const client = await start('DISK+RAM_DISK')
    await client.mkdir('/lazy')
    await client.attributes.setStoragePolicy('/lazy', 'LAZY_PERSIST')
    await client.writeFile('/lazy/f', 'soon on a disk', { replication: 1 })
    await waitUntil(async () => (await typesOf('/lazy/f')).join() === 'DISK', seen('/lazy/f'))
    expect(String(await client.readFile('/lazy/f'))).toBe('soon on a disk')
  })
})

describe('the balance', () => {
  it('comes back when a node does that was away while files were written', async () => {
    const client = await start('DISK DISK', { 'movement.balance-threshold': '0.00000001' })
    const [, second] = cluster.datanodes
    await second?.stop()
    const files = Array.from({ length: 8 }, (_, index) => ({
      path: `/b/${index}`,
      bytes: content(index, 500_000),
    }))
    for (const { path, bytes } of files) await client.writeFile(path, bytes, { replication: 1 })
    await second?.start()
    const held = async () => {
      const blocks = await Promise.all(files.map((it) => cluster.blocks(it.path)))
      return blocks.flat().flatMap((it) => it.datanodes)
    }
    const onSecond = async () => (await held()).filter((it) => it === second?.uuid).length
    await waitUntil(async () => (await onSecond()) === 4 && (await held()).length === 8, {
      what: 'half of the blocks on the node that came back',
      timeoutMs: 60_000,
      explain: held,
    })
    for (const { path, bytes } of files) expect(await client.readFile(path)).toEqual(bytes)
  })
})
