/**
 * `npm run reports -- --blocks N`: what a namenode needs for the full reports of large datanodes, and for the loss of one. A
 * real namenode process with N blocks; four datanodes that only report (three quarters of the blocks each).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ClusterFolder } from '../../cli/up/cluster-folder.js'
import { namespacePaths } from '../../namenode/service/namespace/namespace-folder.js'
import { readVersionFile } from '../../namenode/storage/version-file.js'
import { DfsClient } from '../../shared/client/dfs-client.js'
import type { BlockMessage } from '../../shared/control/messages.js'
import { Database } from '../../shared/sqlite.js'
import { ProcessNode } from '../support/process-cluster.js'
import { waitUntil } from '../support/wait-until.js'
import { multiplyNamespace } from './multiply-namespace.js'
import { inParallel, makeFile, openForLoading } from './namespace-load.js'
import { cpuSeconds, describeMachine, residentMib } from './process-figures.js'
import { ReportedNode } from './reported-node.js'

const NODES = 4
const REPLICAS = 3
const COPIES = 10
const DEAD_AFTER_MS = 10_000

const { values } = parseArgs({ options: { blocks: { type: 'string', default: '666670' } } })
const FILES = Math.ceil(Number(values.blocks) / COPIES)
const show = (what: string, value: string) => process.stdout.write(`${what.padEnd(52)} ${value}\n`)
const seconds = (beganMs: number) => `${((performance.now() - beganMs) / 1000).toFixed(2)} s`
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

await main()

async function main(): Promise<void> {
  show('machine', JSON.stringify(describeMachine()))
  const folder = mkdtempSync(join(tmpdir(), 'dfs-reports-'))
  const place = new ClusterFolder(folder)
  const namenode = new ProcessNode('namenode', 'namenode', place, {
    ...{ 'namenode.rpc-port': 0, 'namenode.http-port': 0, 'liveness.stale-after': '5s' },
    ...{ 'liveness.dead-after': `${DEAD_AFTER_MS}ms`, 'heartbeat.interval': '1s' },
    'namenode.data-folder': place.dataFolder('namenode'),
    'cluster.token-file': place.tokenFile,
  })
  let nodes: readonly ReportedNode[] = []
  const beats = new Set<ReportedNode>()
  let isBeating = true
  let beating: Promise<void> | undefined
  try {
    const blocks = await makeBlocks(place)
    await namenode.start()
    nodes = await startNodes(namenode, place, blocks)
    for (const node of nodes) beats.add(node)
    beating = beat(beats, () => isBeating)
    await Promise.race([beating, measureAll(namenode, nodes, beats)])
  } finally {
    isBeating = false
    await beating
    for (const node of nodes) node.close()
    await namenode.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureAll(
  namenode: ProcessNode,
  nodes: readonly ReportedNode[],
  beats: Set<ReportedNode>,
): Promise<void> {
  await reports(namenode, nodes)
  await loss(namenode, nodes, beats)
}

async function makeBlocks(place: ClusterFolder): Promise<BlockMessage[]> {
  const began = performance.now()
  const namespace = await openForLoading(place)
  await inParallel(FILES, async (index) => {
    await makeFile(namespace, `/files/${index % 100}/part-${index}`)
  })
  await namespace.close()
  const folder = place.dataFolder('namenode')
  multiplyNamespace(folder, COPIES)
  const database = new Database(namespacePaths(folder).database, { readonly: true })
  const sql = 'SELECT id, generation AS generationStamp, length AS lengthBytes FROM block'
  const blocks = database.prepare<[], BlockMessage>(sql).all()
  database.close()
  show(`made ${blocks.length} files with a block each`, seconds(began))
  return blocks
}

async function startNodes(
  namenode: ProcessNode,
  place: ClusterFolder,
  blocks: readonly BlockMessage[],
): Promise<readonly ReportedNode[]> {
  const version = readVersionFile(namespacePaths(place.dataFolder('namenode')).version)
  const peers = new Map<string, ReportedNode>()
  const nodes = Array.from({ length: NODES }, (_, index) => {
    const name = `node-${index}`
    const options = {
      ...{ name, port: 20_000 + 10 * index, clusterId: version?.clusterId ?? '' },
      namenodeUrl: httpUrl(namenode),
      token: readFileSync(place.tokenFile, 'utf8').trim(),
    }
    const node = new ReportedNode(options)
    node.peers = (uuid) => peers.get(uuid)
    peers.set(name, node)
    return node
  })
  for (const [index, block] of blocks.entries()) {
    const replica = { ...block, state: 'finalized' as const }
    for (let copy = 0; copy < REPLICAS; copy += 1) {
      nodes[(index + copy) % NODES]?.replicas.set(block.id, replica)
    }
  }
  for (const node of nodes) await node.register()
  return nodes
}

async function beat(nodes: ReadonlySet<ReportedNode>, isBeating: () => boolean): Promise<void> {
  while (isBeating()) {
    await Promise.all([...nodes].map((node) => node.heartbeat()))
    await sleep(1000)
  }
}

async function reports(namenode: ProcessNode, nodes: readonly ReportedNode[]): Promise<void> {
  for (const node of nodes) {
    const what = `full report of ${node.replicas.size} blocks by ${node.options.name}`
    await measured(namenode, what, () => node.report())
  }
  const [first] = nodes
  if (first === undefined) return
  await measured(namenode, 'the same again, as digests', () => first.report())
  const began = performance.now()
  await waitUntil(async () => (await statusOf(namenode)).health === 'ok', {
    ...{ what: 'health', timeoutMs: 120_000 },
  })
  show('all blocks known to be healthy after another', seconds(began))
}

/** Runs it beside a client that asks, and shows how long both took. */
async function measured(
  namenode: ProcessNode,
  what: string,
  action: () => Promise<unknown>,
): Promise<void> {
  const client = DfsClient.connect({ fs: `hdfs://127.0.0.1:${namenode.addresses['rpcPort']}` })
  let isRunning = true
  const waits: number[] = []
  const asking = (async () => {
    while (isRunning) {
      const began = performance.now()
      await client.stat('/files')
      waits.push(performance.now() - began)
      await sleep(2)
    }
  })()
  const began = performance.now()
  const cpu = cpuSeconds([namenode.pid])
  let took = ''
  try {
    await action()
    took = seconds(began)
  } finally {
    isRunning = false
    await asking
    await client.close()
  }
  waits.sort((a, b) => a - b)
  const used = (cpuSeconds([namenode.pid]) - cpu).toFixed(2)
  const at = (share: number) => `${(waits[Math.floor(waits.length * share)] ?? 0).toFixed(0)} ms`
  show(what, took)
  show('  processor time of the namenode, its memory', `${used} s, ${memory(namenode)}`)
  show(
    '  stat meanwhile: median, p99, longest',
    `${at(0.5)}, ${at(0.99)}, ${waits.at(-1)?.toFixed(0)} ms`,
  )
}

async function loss(
  namenode: ProcessNode,
  nodes: readonly ReportedNode[],
  beats: Set<ReportedNode>,
): Promise<void> {
  const lost = nodes.at(-1)
  if (lost === undefined) return
  beats.delete(lost)
  const began = performance.now()
  const what = `${lost.options.name} with ${lost.replicas.size} blocks is silent: all its blocks queued after`
  await measured(namenode, what, () =>
    waitUntil(
      async () => {
        const { queuedBlocks, pendingCopies } = await statusOf(namenode)
        return queuedBlocks + pendingCopies > lost.replicas.size * 0.99
      },
      { what: 'all blocks to be queued', timeoutMs: 300_000 },
    ),
  )
  show('  of that until it was dead', `${DEAD_AFTER_MS / 1000} s`)
  show('  memory of the namenode', memory(namenode))
  show('  all in all', seconds(began))
}

interface Status {
  readonly health: string
  readonly pendingCopies: number
  readonly queuedBlocks: number
}

async function statusOf(namenode: ProcessNode): Promise<Status> {
  return (await (await fetch(`${httpUrl(namenode)}/api/v1/status`)).json()) as Status
}

function httpUrl(namenode: ProcessNode): string {
  return `http://127.0.0.1:${namenode.addresses['httpPort']}`
}

function memory({ pid }: ProcessNode): string {
  return `${residentMib([pid]).toFixed(0)} MiB`
}
