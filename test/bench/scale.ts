/**
 * `npm run scale -- --files N`: how the namenode's costs grow with the namespace. Files with one block each are made through
 * the service that serves clients, with its own writer thread and group commit; half of them in one wide directory.
 * `--times T` makes T times as many of them by copying rows, and shows at what rate further ones are made.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ClusterFolder } from '../../cli/up/cluster-folder.js'
import type { StoredNamespace } from '../../namenode/service/namespace/namespace-facade.js'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { ProcessNode } from '../support/process-cluster.js'
import { multiplyNamespace } from './multiply-namespace.js'
import { inParallel, makeFile, openForLoading, ROOT } from './namespace-load.js'
import { cpuSeconds, describeMachine, residentMib } from './process-figures.js'

const FILES_IN_FOLDER = 10_000
const MAX_WIDE = 1_000_000
const PAGE = 1000
const STAT_SECONDS = 5

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    times: { type: 'string', default: '1' },
    folder: { type: 'string' },
  },
})
const FILES = Number(values.files)
const TIMES = Number(values.times)
/** Made when there are T times as many, to see at what rate. */
const FURTHER_FILES = 20_000
const wideFiles = Math.min(MAX_WIDE, Math.floor(FILES / 2))
const show = (what: string, value: string) => process.stdout.write(`${what.padEnd(52)} ${value}\n`)
const secondsSince = (beganMs: number) => (performance.now() - beganMs) / 1000
const milliseconds = (value: number) => `${value.toFixed(1)} ms`

await main()

async function main(): Promise<void> {
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'dfs-scale-'))
  try {
    show('machine', JSON.stringify(describeMachine()))
    const place = new ClusterFolder(folder)
    const namespace = await loaded(place)
    showSize(place)
    await statUnderWrites(namespace)
    listWide(namespace)
    await sums(namespace)
    show('resident memory of this process', `${residentMib([process.pid]).toFixed(0)} MiB`)
    await namespace.close()
    await startProcess(place)
    const again = await openForLoading(place)
    await deleteTree(again)
    await again.close()
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** The first half into one directory, the others into a tree. */
function pathOf(index: number): string {
  if (index < wideFiles) return `/wide/part-${index}`
  return `/tree/${Math.floor(index / FILES_IN_FOLDER)}/part-${index}`
}

async function loaded(place: ClusterFolder): Promise<StoredNamespace> {
  const namespace = await openForLoading(place)
  await load(namespace, FILES, pathOf)
  if (TIMES === 1) return namespace
  await namespace.close()
  const began = performance.now()
  multiplyNamespace(place.dataFolder('namenode'), TIMES)
  show(`copied to ${FILES * TIMES} files`, `${secondsSince(began).toFixed(0)} s`)
  const larger = await openForLoading(place)
  await load(larger, FURTHER_FILES, (index) => `/further/${index % 100}/part-${index}`)
  return larger
}

async function load(
  namespace: StoredNamespace,
  files: number,
  path: (index: number) => string,
): Promise<void> {
  const began = performance.now()
  const cpu = cpuSeconds([process.pid])
  await inParallel(files, async (index) => {
    await makeFile(namespace, path(index))
  })
  const seconds = secondsSince(began)
  const cpuMs = ((cpuSeconds([process.pid]) - cpu) * 1000) / files
  show(`load of ${files} files with a block each`, `${Math.round(files / seconds)} files/s durable`)
  show('  processor time for each file (three commits)', milliseconds(cpuMs))
}

function showSize(place: ClusterFolder): void {
  const folder = place.dataFolder('namenode')
  const database = readdirSync(folder).filter((name) => name.endsWith('.db'))
  const bytes = database.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  show(
    'database for each file (edits of the load included)',
    `${Math.round(bytes / (FILES * TIMES))} bytes`,
  )
}

/** Calls that wait for the event loop and the writer as those of clients do. */
async function statUnderWrites(namespace: StoredNamespace): Promise<void> {
  const endMs = performance.now() + STAT_SECONDS * 1000
  let made = 0
  const writer = async () => {
    while (performance.now() < endMs) {
      made += 1
      await makeFile(namespace, `/written/${made % 100}/${made}`)
    }
  }
  const waits: number[] = []
  const reader = async () => {
    for (let index = 0; performance.now() < endMs; index += 1) {
      const began = performance.now()
      // As a call that arrives: after what the event loop is doing.
      await new Promise((resolve) => setImmediate(resolve))
      const path = pathOf(Math.imul(index + 1, 7919) % FILES)
      if (namespace.status(ROOT, path) === undefined) throw new Error(`${path} is missing`)
      waits.push(performance.now() - began)
    }
  }
  await Promise.all([reader(), ...Array.from({ length: 100 }, writer)])
  waits.sort((a, b) => a - b)
  const at = (share: number) => milliseconds(waits[Math.floor(waits.length * share)] ?? 0)
  const rate = Math.round(made / STAT_SECONDS)
  show(`stat beside ${rate} new files/s: median, p99, p99.9`, [0.5, 0.99, 0.999].map(at).join(', '))
}

function listWide(namespace: StoredNamespace): void {
  const began = performance.now()
  let count = 0
  let last = ''
  let slowestMs = 0
  for (;;) {
    const pageBegan = performance.now()
    const page = namespace.list(ROOT, '/wide', last, PAGE)
    slowestMs = Math.max(slowestMs, performance.now() - pageBegan)
    const final = page?.entries.at(-1)
    if (page === undefined || final === undefined) break
    count += page.entries.length
    last = final.name
  }
  const text = `${secondsSince(began).toFixed(2)} s, slowest page ${milliseconds(slowestMs)}`
  show(`listing of ${count} entries in pages of ${PAGE}`, text)
}

/** What must cost the same whatever the size: questions about a whole tree, and a snapshot of it. */
async function sums(namespace: StoredNamespace): Promise<void> {
  const timed = async (what: string, action: () => unknown) => {
    const began = performance.now()
    await action()
    show(what, milliseconds(performance.now() - began))
  }
  await namespace.mkdirs(ROOT, { path: '/few', permission: 0o755, createParent: true })
  for (const path of ['/few', '/tree']) {
    const { fileCount } = namespace.contentSummary(ROOT, path)
    await timed(`content summary of ${fileCount} files`, () => namespace.contentSummary(ROOT, path))
    await namespace.allowSnapshot(ROOT, { path })
    await timed('  a snapshot', () => namespace.createSnapshot(ROOT, { path, name: 's' }))
    await namespace.deleteSnapshot(ROOT, { path, name: 's' })
    while (await namespace.freeSnapshots(100)) await new Promise((done) => setImmediate(done))
    await namespace.disallowSnapshot(ROOT, { path })
  }
}

async function deleteTree(namespace: StoredNamespace): Promise<void> {
  let isPurging = true
  let longestMs = 0
  let others = 0
  const other = async () => {
    while (isPurging) {
      const began = performance.now()
      const path = `/other/${others % 1000}/${others}`
      await namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
      longestMs = Math.max(longestMs, performance.now() - began)
      others += 1
    }
  }
  const running = other()
  const began = performance.now()
  await namespace.delete(ROOT, { path: '/tree', recursive: true })
  const gone = performance.now() - began
  while (await namespace.purgeDeletedTrees(500)) await new Promise((done) => setImmediate(done))
  isPurging = false
  await running
  const files = (FILES - wideFiles) * Math.min(TIMES, 2)
  show(`delete of a tree of ${files} files: gone after`, milliseconds(gone))
  show('  all of it taken apart after', `${secondsSince(began).toFixed(1)} s`)
  show(`  longest wait of ${others} other changes meanwhile`, milliseconds(longestMs))
}

/** The whole process, from `dfs namenode` to the first answer over RPC. */
async function startProcess(place: ClusterFolder): Promise<void> {
  const began = performance.now()
  const node = new ProcessNode('namenode', 'namenode', place, {
    ...{ 'namenode.rpc-port': 0, 'namenode.http-port': 0 },
    'namenode.data-folder': place.dataFolder('namenode'),
    'cluster.token-file': place.tokenFile,
  })
  await node.start()
  const client = DfsClient.connect({ fs: `hdfs://127.0.0.1:${node.addresses['rpcPort']}` })
  try {
    await client.stat(pathOf(FILES - 1))
    show('start of a namenode to its first answer', `${secondsSince(began).toFixed(2)} s`)
    show('  its resident memory', `${residentMib([node.pid]).toFixed(0)} MiB`)
  } finally {
    await client.close()
    await node.stop()
  }
}
