/** A whole cluster inside this process: for tests and for programs that bring their own storage along. */
import { mkdirSync, mkdtempSync, statfsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { datanodeConfig, namenodePlace } from '../datanode/config.js'
import { namenodeConfig } from '../namenode/config.js'
import { awaitWrites } from '../shared/client/await-writes.js'
import { DfsClient } from '../shared/client/dfs-client.js'
import { NamenodeClient } from '../shared/client/namenode-client.js'
import { readOrCreateClusterToken } from '../shared/config/cluster-token.js'
import { resolveSettings } from '../shared/config/resolve-settings.js'
import type { SettingKey, SettingValues } from '../shared/config/settings.js'
import { readAssignments } from '../shared/config/sources.js'
import { DfsError } from '../shared/errors.js'
import { type Log, silentLog } from '../shared/log.js'
import type { Seams } from '../shared/seams.js'
import { ShutdownStack } from '../shared/shutdown-stack.js'
import { systemSeams } from '../shared/system-seams.js'
import { EmbeddedDatanode, EmbeddedNamenode } from './embedded-nodes.js'
import { type BlockView, findBlocks } from './find-blocks.js'

export interface ClusterOptions {
  /** Default 3. */
  readonly datanodes?: number
  /** Kept when the cluster stops, and found again by the next. Default: a temporary folder that goes with the cluster. */
  readonly dataFolder?: string
  /** As in a settings file: `{ 'block.size': '4MiB', 'liveness.dead-after': '2s' }`. Ports are free ones unless set. */
  readonly settings?: Partial<Readonly<Record<SettingKey, string | number | boolean>>>
  /** Settings of one datanode, by its index: racks, volumes. */
  readonly datanodeSettings?: readonly ClusterOptions['settings'][]
  /** Default: none. */
  readonly log?: Log
  /** Replaces parts of the outside world. */
  readonly seams?: Partial<Seams>
}

export interface Cluster {
  /** `hdfs://127.0.0.1:port`. */
  readonly fs: string
  readonly httpUrl: string
  readonly dataFolder: string
  readonly namenode: EmbeddedNamenode
  readonly datanodes: readonly EmbeddedDatanode[]
  /** A client of this cluster; closed with it. */
  client(options?: { readonly user?: string }): DfsClient
  blocks(path: string): Promise<readonly BlockView[]>
  /** Resolves when writes are accepted and every running datanode is known. */
  ready(): Promise<void>
  /** Ends everything; a temporary folder is removed. */
  stop(): Promise<void>
}

/**
 * Starts a cluster on free ports of the loopback interface; resolves when the first write would succeed.
 *
 *     const cluster = await startCluster({ datanodes: 3 })
 *     await cluster.client().writeFile('/hello.txt', 'hello')
 *     await cluster.datanodes[0]?.kill()
 *     await cluster.stop()
 *
 * @throws DfsError CONFIGURATION for unknown or impossible settings
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const closing = new ShutdownStack()
  try {
    return await start(options, closing)
  } catch (error) {
    await closing.closeAll()
    throw error
  }
}

async function start(options: ClusterOptions, closing: ShutdownStack): Promise<Cluster> {
  const count = options.datanodes ?? 3
  if (!Number.isInteger(count) || count < 0) {
    throw new DfsError(
      'ILLEGAL_ARGUMENT',
      `datanodes must be a number from 0 upwards, not ${count}`,
    )
  }
  const dataFolder = prepareFolder(options, closing)
  const seams: Seams = { ...systemSeams(options.log ?? silentLog), ...options.seams }
  const common = { ...ownDefaults(dataFolder, count), ...options.settings }
  const values = settingsOf(common, dataFolder)
  const token = readOrCreateClusterToken(values, seams.random)

  const user = userInfo().username
  const configured = namenodeConfig(values, token, user)
  const namenode = new EmbeddedNamenode(configured, seams)
  closing.use('namenode', namenode, (it) => it.stop())
  // Datanodes open their disks meanwhile.
  const starting = namenode.start()

  const blockIds = async (path: string) => (await blocks(path)).map(({ blockId }) => blockId)
  const machine = { user, smallestVolumeBytes: diskBytes(dataFolder) }
  const datanodes = Array.from({ length: count }, (_, index) => {
    const name = `datanode-${index + 1}`
    const written = {
      'datanode.volumes': join(dataFolder, name),
      ...common,
      ...options.datanodeSettings?.[index],
    }
    const own = settingsOf(written, dataFolder)
    const place = starting.then(() => namenodePlace(own['namenode.host'], namenode))
    // Nobody asks a datanode that could not open its disks.
    place.catch(() => {})
    const config = datanodeConfig(own, token, { ...machine, name })
    const cluster = { namenode: place, findBlocks: blockIds }
    const node = new EmbeddedDatanode(name, config, seams, cluster)
    return closing.use(name, node, (it) => it.stop())
  })
  await allOf([starting, ...datanodes.map((datanode) => datanode.start())])

  const { rpcPort, httpPort } = namenode
  const fs = `hdfs://127.0.0.1:${rpcPort}`
  const lookup = new NamenodeClient({
    seams,
    address: { host: '127.0.0.1', port: rpcPort },
    user: configured.superuser,
    timeoutMs: LOOKUP_TIMEOUT_MS,
  })
  closing.use('block look-ups', lookup, (it) => it.close())
  const blocks = (path: string) => findBlocks(lookup, path)
  const httpUrl = `http://127.0.0.1:${httpPort}`
  const ready = () =>
    awaitWrites({
      url: httpUrl,
      datanodes: datanodes.filter(({ isRunning }) => isRunning).length,
      clock: seams.clock,
    })
  await ready()
  return {
    fs,
    httpUrl,
    dataFolder,
    namenode,
    datanodes,
    blocks,
    ready,
    client: (clientOptions = {}) =>
      closing.use(
        'client',
        DfsClient.connect({ fs, http: httpUrl, seams, ...clientOptions }),
        (it) => it.close(),
      ),
    stop: () => closing.closeAll(),
  }
}

const LOOKUP_TIMEOUT_MS = 10_000

/** Waits for all, also when one fails: what goes on could not be closed. @throws what the first in the list threw */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) {
    if (result.status === 'rejected') throw result.reason
  }
}

function prepareFolder(options: ClusterOptions, closing: ShutdownStack): string {
  if (options.dataFolder !== undefined) {
    mkdirSync(options.dataFolder, { recursive: true })
    return resolve(options.dataFolder)
  }
  const folder = mkdtempSync(join(tmpdir(), 'dfs-cluster-'))
  return closing.use('temporary folder', folder, (it) => rm(it, { recursive: true, force: true }))
}

function ownDefaults(dataFolder: string, count: number): ClusterOptions['settings'] {
  return {
    'namenode.data-folder': join(dataFolder, 'namenode'),
    'namenode.rpc-port': 0,
    'namenode.http-port': 0,
    'cluster.token-file': join(dataFolder, 'cluster-token'),
    'datanode.transfer-port': 0,
    'datanode.http-port': 0,
    'datanode.ipc-port': 0,
    'datanode.reserved': '64MiB',
    'replication.target': Math.max(1, Math.min(3, count)),
    'permission.anonymous-user': userInfo().username,
  }
}

function settingsOf(settings: ClusterOptions['settings'], folder: string): SettingValues {
  const written = Object.entries(settings ?? {}).map(([key, value]) => `${key}=${value}`)
  return resolveSettings([readAssignments(written, folder)], folder).values
}

function diskBytes(folder: string): number {
  const { blocks, bsize } = statfsSync(folder)
  return blocks * bsize
}
