/**
 * `npm run restarts -- --blocks N`: what a cluster with many small blocks does when all of its nodes start at once. The files
 * are made through the service, their replicas are written straight into the folders of four datanodes; then everything runs as
 * processes, is killed and comes back. Shown: when reads are served and writes accepted, what the namenode takes, and that no
 * replica was copied or deleted for it.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  encodeHeader,
  encodeRecord,
  HEADER_BYTES,
  RECORD_BYTES,
} from '../../datanode/blocks/meta-format.js'
import { replicaPaths } from '../../datanode/blocks/replica-file.js'
import { EMPTY_SYNC_POINT } from '../../datanode/blocks/replica-repair.js'
import { chunkChecksums } from '../../shared/checksum/crc32c.js'
import type { Block } from '../../shared/ids.js'
import { content } from '../support/content.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { waitUntil } from '../support/wait-until.js'
import { FILE_BYTES, inParallel, makeFile, openForLoading } from './namespace-load.js'
import { describeMachine, residentMib } from './process-figures.js'

const DATANODES = 4
const REPLICAS = 3
const FILES_IN_FOLDER = 10_000
const READS = 20
const LIMIT_MS = 120_000
/** Longer than `liveness.dead-after`. */
const AWAY_MS = 75_000

const { values } = parseArgs({ options: { blocks: { type: 'string', default: '100000' } } })
const BLOCKS = Number(values.blocks)
const BYTES = content(5, FILE_BYTES)
const SUMS = chunkChecksums(BYTES)
const show = (what: string, value: string) => process.stdout.write(`${what.padEnd(52)} ${value}\n`)
const pathOf = (index: number) => `/files/${Math.floor(index / FILES_IN_FOLDER)}/part-${index}`
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const folders = new Set<string>()
let written = 0

await main()

async function main(): Promise<void> {
  show('machine', JSON.stringify(describeMachine()))
  const folder = mkdtempSync(join(tmpdir(), 'dfs-restarts-'))
  const cluster = await ProcessCluster.start({
    datanodes: DATANODES,
    dataFolder: folder,
  })
  try {
    await stopAll(cluster)
    await load(cluster)
    await measure(cluster, 'first start, no replica is known', async () => {
      await startAll(cluster)
    })
    await measure(cluster, 'kill -9 of all processes, all start', async () => {
      await Promise.all([...cluster.datanodes, cluster.namenode].map((it) => it.kill()))
      await startAll(cluster)
    })
    await measure(cluster, 'kill -9 of all datanodes, all start', async () => {
      await Promise.all(cluster.datanodes.map((it) => it.kill()))
      await Promise.all(cluster.datanodes.map((it) => it.start()))
    })
    await measure(cluster, 'all datanodes away until dead, all start', async () => {
      await Promise.all(cluster.datanodes.map((it) => it.kill()))
      await sleep(AWAY_MS)
      return async () => {
        await Promise.all(cluster.datanodes.map((it) => it.start()))
      }
    })
  } finally {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function stopAll(cluster: ProcessCluster): Promise<void> {
  await Promise.all([...cluster.datanodes, cluster.namenode].map((it) => it.stop()))
}

async function startAll(cluster: ProcessCluster): Promise<void> {
  await Promise.all([cluster.namenode, ...cluster.datanodes].map((it) => it.start()))
}

async function load(cluster: ProcessCluster): Promise<void> {
  const began = performance.now()
  const namespace = await openForLoading(cluster.folder)
  const volumes = cluster.datanodes.map((it) => it.dataFolders[0] ?? '')
  await inParallel(BLOCKS, async (index) => {
    const block = await makeFile(namespace, pathOf(index))
    for (let replica = 0; replica < REPLICAS; replica += 1) {
      writeReplica(volumes[(block.id + replica) % DATANODES] ?? '', block)
    }
  })
  await namespace.close()
  show(`made ${BLOCKS} blocks, ${REPLICAS} replicas each`, since(began))
}

function writeReplica(volume: string, { id, generationStamp }: Block): void {
  const paths = replicaPaths(volume, id, generationStamp, 'meta')
  if (!folders.has(paths.folder)) mkdirSync(paths.folder, { recursive: true })
  folders.add(paths.folder)
  const meta = Buffer.alloc(HEADER_BYTES + RECORD_BYTES)
  encodeHeader(id, EMPTY_SYNC_POINT).copy(meta)
  encodeRecord(meta, HEADER_BYTES, { blockId: id, index: 0, data: BYTES, sums: SUMS })
  writeFileSync(paths.data, BYTES)
  writeFileSync(paths.meta, meta)
}

/** @param begin does what is to be measured; or only prepares it, and returns the rest of it */
async function measure(
  cluster: ProcessCluster,
  what: string,
  begin: () => Promise<undefined | (() => Promise<void>)> | Promise<void>,
): Promise<void> {
  const before = replicasOnDisk(cluster)
  show(what, '')
  let began = performance.now()
  const rest = await begin()
  if (rest !== undefined) {
    began = performance.now()
    await rest()
  }
  show('  all processes are ready', since(began))
  const watch = watchCopies(cluster)
  await Promise.all([timeReads(cluster, began), timeWrites(cluster, began)])
  await waitUntil(async () => await isHealthy(cluster), { what: 'health', timeoutMs: LIMIT_MS })
  show('  healthy, all counted', since(began))
  const { pending, queued } = await watch.stop()
  show('  most copies under way, most blocks that waited', `${pending}, ${queued}`)
  show('  copied bytes', `${await copiedBytes(cluster)}`)
  show('  replicas on disk before and after', `${before}, ${replicasOnDisk(cluster)}`)
  const { pid } = cluster.namenode
  show(
    '  memory of the namenode: now, most',
    `${residentMib([pid]).toFixed(0)}, ${mostMib(pid)} MiB`,
  )
  const datanodes = cluster.datanodes.map((it) => residentMib([it.pid]).toFixed(0))
  show('  memory of the datanodes', `${datanodes.join(', ')} MiB`)
}

async function timeReads(cluster: ProcessCluster, beganMs: number): Promise<void> {
  const client = cluster.client()
  for (let index = 0; index < READS; index += 1) {
    const path = pathOf(Math.imul(index + 1, 7919) % BLOCKS)
    await waitUntil(async () => (await client.readFile(path)).equals(BYTES), {
      what: path,
      timeoutMs: LIMIT_MS,
    })
    if (index === 0) show('  first read', since(beganMs))
  }
  show(`  ${READS} reads of files here and there`, since(beganMs))
}

async function timeWrites(cluster: ProcessCluster, beganMs: number): Promise<void> {
  await waitUntil(
    async () => {
      written += 1
      await cluster.client().writeFile(`/written-${written}`, BYTES, { replication: 3 })
      return true
    },
    { what: 'a write', timeoutMs: LIMIT_MS },
  )
  show('  first write', since(beganMs))
}

interface Status {
  readonly health: string
  readonly isSettled: boolean
  readonly pendingCopies: number
  readonly queuedBlocks: number
  readonly writes: { readonly ready: boolean }
}

async function statusOf(cluster: ProcessCluster): Promise<Status> {
  return (await (await fetch(`${cluster.httpUrl}/api/v1/status`)).json()) as Status
}

async function isHealthy(cluster: ProcessCluster): Promise<boolean> {
  const status = await statusOf(cluster)
  return (
    status.health === 'ok' && status.isSettled && status.writes.ready && status.queuedBlocks === 0
  )
}

interface MostCopies {
  readonly pending: number
  readonly queued: number
}

function watchCopies(cluster: ProcessCluster): { stop(): Promise<MostCopies> } {
  let isWatching = true
  let most = { pending: 0, queued: 0 }
  const watching = (async () => {
    while (isWatching) {
      const { pendingCopies, queuedBlocks } = await statusOf(cluster)
      most = {
        pending: Math.max(most.pending, pendingCopies),
        queued: Math.max(most.queued, queuedBlocks),
      }
      await sleep(20)
    }
  })()
  return {
    stop: async () => {
      isWatching = false
      await watching
      return most
    },
  }
}

async function copiedBytes(cluster: ProcessCluster): Promise<number> {
  let sum = 0
  for (const { addresses } of cluster.datanodes) {
    const answer = await fetch(`http://127.0.0.1:${addresses['httpPort']}/metrics`)
    sum += Number(/^dfs_datanode_copied_bytes_total (\d+)/m.exec(await answer.text())?.[1])
  }
  return sum
}

function replicasOnDisk(cluster: ProcessCluster): number {
  return cluster.datanodes
    .flatMap(({ dataFolders }) => dataFolders)
    .map((it) => readdirSync(join(it, 'blocks'), { recursive: true, encoding: 'utf8' }))
    .reduce((sum, names) => sum + names.filter((it) => it.endsWith('.meta')).length, 0)
}

function mostMib(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return (Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024).toFixed(0)
}

function since(beganMs: number): string {
  return `${((performance.now() - beganMs) / 1000).toFixed(2)} s`
}
