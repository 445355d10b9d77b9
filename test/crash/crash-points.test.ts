/**
 * `kill -9` at every named step between two durable effects (shared/crash-point.ts): the process is started again, every
 * call goes on and has the effect of one, each acknowledged byte is there, and the check of the file system is content.
 * `npm test` takes a sample; `DFS_CRASH_POINTS=all` takes all, a list of names separated by commas takes those.
 */
import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { NamenodeClient } from '../../shared/client/namenode-client.js'
import { clusterAddress } from '../../shared/client/remote-path.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'
import { chooseCrashes, type PlannedCrash } from '../support/crash-plan.js'
import { CHAPTERS, Ledger, LIFE_BLOCK_BYTES } from '../support/eventful-life.js'
import { patientClient } from '../support/patient-client.js'
import {
  ProcessCluster,
  type ProcessDatanode,
  type ProcessNode,
} from '../support/process-cluster.js'
import { BRISK, waitForReplicas } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const crashes = chooseCrashes(process.env['DFS_CRASH_POINTS'])
const LIMIT_MS = 60_000 + crashes.length * 60_000

interface Finding {
  readonly path: string
  readonly problems?: readonly string[]
}

interface Check {
  readonly items: readonly Finding[]
  readonly summary: { readonly isHealthy: boolean; readonly violations: number }
}

it(
  `nothing is lost and nothing is half done after kill -9 at ${crashes.length} named steps`,
  async () => {
    const cluster = await ProcessCluster.start({
      datanodes: 3,
      settings: { ...BRISK, 'block.size': '64KiB' },
    })
    const wrong: string[] = []
    try {
      for (const [round, crash] of crashes.entries()) {
        const found = await liveThrough(cluster, crash, `/life-${round}`).catch(
          (error: unknown) => [String(error instanceof Error ? (error.stack ?? error) : error)],
        )
        const ended = await restartEnded(cluster)
        wrong.push(...[...found, ...ended].map((what) => `${crash.at}: ${what}`))
      }
      expect(wrong).toEqual([])
      const whole = await check(cluster, '/')
      expect(whole.summary).toMatchObject({ violations: 0, isHealthy: true })
    } finally {
      await cluster.stop({ keepFolder: wrong.length > 0 })
    }
  },
  LIMIT_MS,
)

/** @returns what is not as it must be */
async function liveThrough(
  cluster: ProcessCluster,
  crash: PlannedCrash,
  root: string,
): Promise<string[]> {
  const [datanode] = cluster.datanodes
  if (datanode === undefined) throw new Error('the cluster has no datanode')
  const node = crash.process === 'namenode' ? cluster.namenode : datanode
  const watch = await startArmed(cluster, node, crash)
  const client = patientClient(cluster.fs, () => watch.back())
  try {
    const ledger = new Ledger()
    await cluster.ready()
    await client.mkdir(root)
    const rot = (path: string) => rotReplica(cluster, datanode, path)
    await CHAPTERS[crash.chapter]({ client, ledger, root, rot })
    // Repairs and deletions come after the last call.
    await waitUntil(() => watch.hasDied(), { what: `a death at ${crash.at}`, timeoutMs: 25_000 })
    await watch.back()
    await cluster.ready()
    return await findWrong(cluster, root, ledger)
  } finally {
    watch.end()
    await client.close()
    // Without the switch, for the next one.
    if (!watch.hasDied()) await node.restart()
  }
}

/** @returns whom nobody had told to end: only the watched process dies */
async function restartEnded(cluster: ProcessCluster): Promise<string[]> {
  const ended = [cluster.namenode, ...cluster.datanodes].filter(({ isRunning }) => !isRunning)
  const found = ended.map(async (node) => {
    const how = JSON.stringify(await node.ended())
    // Before the next start writes into the same log.
    const log = cluster.logTail(node.name)
    await node.start()
    return `${node.name} ended unasked, ${how}; the end of its log:\n${log}`
  })
  return await Promise.all(found)
}

interface Watch {
  hasDied(): boolean
  /** Resolves when the node is not on its way back. */
  back(): Promise<unknown>
  end(): void
}

/** Starts the node with the switch on; when it dies it is started again without. */
async function startArmed(
  cluster: ProcessCluster,
  node: ProcessNode,
  { at }: PlannedCrash,
): Promise<Watch> {
  await node.stop()
  let hasDied = false
  let isOver = false
  let coming: Promise<unknown> = Promise.resolve()
  const start = node.start({ DFS_CRASH_AT: at })
  const watching = node.ended().then(() => {
    if (isOver) return
    hasDied = true
    coming = node.start().then(() => cluster.ready())
    return coming
  })
  // A failure to come back is met by whoever waits for it.
  watching.catch(() => undefined)
  await start.catch(() => watching)
  if (at.startsWith('version.')) await cluster.namenode.restart()
  return {
    hasDied: () => hasDied,
    back: async () => await coming,
    end: () => {
      isOver = true
    },
  }
}

async function findWrong(cluster: ProcessCluster, root: string, ledger: Ledger): Promise<string[]> {
  const wrong: string[] = []
  const reader = cluster.client()
  for (const [path, bytes] of ledger.files) {
    const found = await reader.readFile(path).catch((error: unknown) => String(error))
    const isRight = Buffer.isBuffer(found) && found.equals(bytes)
    if (!isRight) wrong.push(`${path}, ${bytes.length} bytes: ${describe(found)}`)
  }
  for (const path of ledger.absent) {
    if (!ledger.files.has(path) && (await reader.exists(path))) wrong.push(`${path} is there`)
  }
  let last: Check | undefined
  const isHealed = async () => {
    last = await check(cluster, root)
    const hasProblems = last.items.some(
      ({ problems }) => problems === undefined || problems.length > 0,
    )
    return last.summary.isHealthy && last.summary.violations === 0 && !hasProblems
  }
  await waitUntil(isHealed, { what: 'the check to be content', timeoutMs: 40_000 }).catch(() =>
    wrong.push(`check: ${JSON.stringify(last?.items).slice(0, 6000)}`),
  )
  return wrong
}

const describe = (found: Buffer | string) =>
  Buffer.isBuffer(found) ? `other bytes, ${found.length}` : found

async function check(cluster: ProcessCluster, path: string): Promise<Check> {
  const response = await fetch(`${cluster.httpUrl}/api/v1/fsck?strict&path=${path}`)
  return (await response.json()) as Check
}

/** As a reader that met wrong bytes on this datanode; the namenode has the node verify it. */
async function rotReplica(
  cluster: ProcessCluster,
  datanode: ProcessDatanode,
  path: string,
): Promise<void> {
  await waitForReplicas(cluster, path, 3)
  await datanode.corrupt(path)
  const namenode = new NamenodeClient({
    seams: systemSeams(silentLog),
    address: clusterAddress(cluster.fs),
    user: userInfo().username,
    timeoutMs: 10_000,
  })
  try {
    const request = { src: path, offset: 0, length: LIFE_BLOCK_BYTES }
    const { locations } = await namenode.getBlockLocations(request)
    const blocks = (locations?.blocks ?? []).map((block) => ({
      ...block,
      locs: block.locs.filter(({ id }) => id.datanodeUuid === datanode.uuid),
    }))
    await namenode.reportBadBlocks({ blocks })
  } finally {
    namenode.close()
  }
}
