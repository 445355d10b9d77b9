/**
 * A soak: mixed clients, faults by killing, pausing and restarting for the first part of the time asked, then load
 * without faults, in which no process may grow; then quiet, and a look at what must not be left. Everything is decided
 * from one seed but the moments, which are the machine's.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../../shared/random.js'
import { ProcessCluster, type ProcessNode } from '../support/process-cluster.js'
import { waitUntil } from '../support/wait-until.js'
import { rpcFace, SoakClient, webhdfsFace } from './soak-clients.js'

const DATANODES = 4
const HEAL_LIMIT_MS = 180_000
/** What a process may hold more at the end than before: connections that idle, a heap that has not been collected. */
const DESCRIPTORS_LEFT = 60
const MEMORY_LEFT_MIB = 200
/**
 * The part of a soak without faults: a process that is killed every few minutes cannot show a slow leak. Its first half
 * is for warming up, in its second half nothing may grow by more than a heap breathes.
 */
const CALM_PART = 0.4
const GROWTH_UNDER_LOAD_MIB = 40
const SAMPLE_EVERY_MS = 30_000

export interface SoakOptions {
  readonly seconds: number
  readonly seed: number
  /** From one fault to the next. */
  readonly faultEverySeconds: number
  /** Clients over Hadoop's protocols, and as many over WebHDFS. */
  readonly clientsOfEachKind: number
  readonly say: (line: string) => void
}

export interface SoakReport {
  readonly operations: number
  readonly failures: number
  readonly faults: number
  /** What should not be: empty after a good soak. */
  readonly complaints: readonly string[]
}

interface Sample {
  readonly descriptors: number
  readonly residentMib: number
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const settings = {
    'block.size': '256KiB',
    'block.min-size': '0',
    'heartbeat.interval': '500ms',
    'replication.check-interval': '100ms',
    'replication.pending-timeout': '10s',
    'datanode.reserved': '16MiB',
    // Blocks of deleted files are to go within a soak.
    'undo.keep': '0',
    'permission.anonymous-user': userInfo().username,
    // A busy machine must not take a live node for a dead one.
    'liveness.stale-after': '2s',
    'liveness.dead-after': '5s',
  }
  const cluster = await ProcessCluster.start({ datanodes: DATANODES, settings })
  let isGood = false
  try {
    const report = await soakCluster(cluster, options)
    isGood = report.complaints.length === 0
    return report
  } finally {
    await cluster.stop({ keepFolder: !isGood })
  }
}

async function soakCluster(cluster: ProcessCluster, options: SoakOptions): Promise<SoakReport> {
  const clients = startClients(cluster, options)
  const endMs = performance.now() + options.seconds * 1000
  const faults = await injectFaults(cluster, clients, {
    ...options,
    endMs: endMs - options.seconds * 1000 * CALM_PART,
  })
  await cluster.ready()
  const grown = await growthUnderLoad(cluster, { endMs, say: options.say })
  await Promise.all(clients.map((client) => client.stop()))
  const complaints = [...grown, ...(await complaintsAtTheEnd(cluster, clients))]
  const sum = (of: 'operations' | 'failures') =>
    clients.reduce((total, { tally }) => total + tally[of], 0)
  const operations = sum('operations')
  if (operations === 0) complaints.push('no client did anything')
  return { operations, failures: sum('failures'), faults, complaints }
}

function startClients(cluster: ProcessCluster, options: SoakOptions): SoakClient[] {
  return Array.from({ length: options.clientsOfEachKind }, (_, index) => {
    const client = cluster.client()
    const web = webhdfsFace(cluster.httpUrl, userInfo().username)
    return [
      new SoakClient(`rpc-${index}`, client, rpcFace(client), seededRandom(options.seed + index)),
      new SoakClient(`web-${index}`, client, web, seededRandom(options.seed + 100 + index)),
    ].map((it) => it.start())
  }).flat()
}

/** One fault after another until a moment of `performance.now()`. @returns how many */
async function injectFaults(
  cluster: ProcessCluster,
  clients: readonly SoakClient[],
  options: SoakOptions & { endMs: number },
): Promise<number> {
  const random = seededRandom(options.seed)
  let faults = 0
  while (performance.now() < options.endMs) {
    await pause(Math.min(options.faultEverySeconds * 1000, options.endMs - performance.now()))
    options.say(describe(cluster, clients, faults))
    await injectFault(cluster, random.next(), random.below(DATANODES))
    faults += 1
  }
  return faults
}

/**
 * Lets the clients work until `endMs` and compares the memory of each process in the last quarter of that time with
 * what it was in the quarter before: the least of several samples, since a heap that is about to be collected says nothing.
 * @returns complaints
 */
async function growthUnderLoad(
  cluster: ProcessCluster,
  { endMs, say }: { endMs: number; say: (line: string) => void },
): Promise<string[]> {
  const nodes = [cluster.namenode, ...cluster.datanodes]
  const quarterMs = Math.max(0, endMs - performance.now()) / 4
  const leastUntil = async (untilMs: number): Promise<number[]> => {
    const least = nodes.map(() => Number.POSITIVE_INFINITY)
    do {
      await pause(Math.min(SAMPLE_EVERY_MS, untilMs - performance.now()))
      for (const [index, node] of nodes.entries()) {
        least[index] = Math.min(least[index] ?? 0, sampleOf(node.pid).residentMib)
      }
    } while (performance.now() < untilMs)
    return least
  }
  await pause(endMs - 2 * quarterMs - performance.now())
  const before = await leastUntil(endMs - quarterMs)
  const after = await leastUntil(endMs)
  const lines = nodes.map(({ name }, index) => `${name} ${before[index]} to ${after[index]} MiB`)
  say(`without faults: ${lines.join(', ')}`)
  return lines.filter(
    (_, index) => (after[index] ?? 0) > (before[index] ?? 0) + GROWTH_UNDER_LOAD_MIB,
  )
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, durationMs)))
}

/** Kills, pauses or restarts; everything runs again when it returns. */
async function injectFault(cluster: ProcessCluster, chance: number, index: number): Promise<void> {
  const datanode = cluster.datanodes[index]
  if (datanode === undefined) return
  if (chance < 0.4) {
    await datanode.kill()
    await datanode.start()
  } else if (chance < 0.6) {
    datanode.pause()
    // Longer than it takes to be called dead.
    await pause(6_000)
    datanode.resume()
  } else if (chance < 0.8) {
    await datanode.restart()
  } else {
    await cluster.namenode.kill()
    await cluster.namenode.start()
  }
}

async function complaintsAtTheEnd(
  cluster: ProcessCluster,
  clients: readonly SoakClient[],
): Promise<string[]> {
  const complaints: string[] = []
  const complain = (error: unknown) => void complaints.push(String(error))
  const limits = { timeoutMs: HEAL_LIMIT_MS }
  const nodes = [cluster.namenode, ...cluster.datanodes]
  const isHealed = async () => (await fsck(cluster)).endsWith('is HEALTHY')
  const explain = () => fsck(cluster).then((text) => text.slice(-1500))
  await waitUntil(isHealed, { ...limits, what: 'a healthy file system', explain }).catch(complain)
  for (const client of clients) {
    await client.verifyAll().catch(complain)
    complaints.push(...client.tally.wrong)
  }
  const left = () =>
    cluster.datanodes.flatMap(({ dataFolders }) => dataFolders.flatMap(temporaryFiles))
  await waitUntil(() => left().length === 0, {
    ...{ what: 'no temporary files', timeoutMs: 60_000 },
    explain: left,
  }).catch(complain)
  // Files of replicas that were read lately stay open for half a minute.
  const open = () => cluster.datanodes.flatMap(({ pid }) => openReplicas(pid))
  await waitUntil(() => open().length === 0, {
    ...{ what: 'no replica to be open', timeoutMs: 60_000 },
    explain: open,
  }).catch(complain)
  for (const node of nodes) complaints.push(...(await growthOf(node)))
  return complaints
}

/** Paths of block files that a process has open. */
function openReplicas(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      const path = readlinkSync(join(folder, descriptor))
      return path.includes('/blocks/') ? [path] : []
    } catch {
      // Closed since it was listed.
      return []
    }
  })
}

/** Compares with a process of the same kind that has just been started and did nothing. */
async function growthOf(node: ProcessNode): Promise<string[]> {
  const used = sampleOf(node.pid)
  await node.restart()
  const fresh = sampleOf(node.pid)
  const complaints: string[] = []
  if (used.descriptors > fresh.descriptors + DESCRIPTORS_LEFT) {
    complaints.push(
      `${node.name} holds ${used.descriptors} descriptors, fresh ${fresh.descriptors}`,
    )
  }
  if (used.residentMib > fresh.residentMib + MEMORY_LEFT_MIB) {
    complaints.push(`${node.name} holds ${used.residentMib} MiB, fresh ${fresh.residentMib}`)
  }
  return complaints
}

function sampleOf(pid: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, residentMib: Math.round(kib / 1024) }
}

/** Copies in flight, and the remains of deletions. */
function temporaryFiles(volume: string): string[] {
  if (!existsSync(volume)) return []
  const names = readdirSync(volume, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /(^|\/)tmp\/.*blk_/.test(name) || name.endsWith('.deleting'))
    .map((name) => join(volume, name))
}

async function fsck(cluster: ProcessCluster): Promise<string> {
  const answer = await fetch(`${cluster.httpUrl}/fsck?path=/&ugi=${userInfo().username}`)
  return (await answer.text()).trimEnd()
}

function describe(cluster: ProcessCluster, clients: readonly SoakClient[], faults: number): string {
  const operations = clients.reduce((total, { tally }) => total + tally.operations, 0)
  const failures = clients.reduce((total, { tally }) => total + tally.failures, 0)
  const use = [cluster.namenode, ...cluster.datanodes].map((node) => {
    const { residentMib, descriptors } = sampleOf(node.pid)
    return `${node.name} ${residentMib} MiB ${descriptors} fd`
  })
  return `${operations} operations, ${failures} failed, ${faults} faults; ${use.join(', ')}`
}
