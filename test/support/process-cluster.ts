/** A cluster of real processes for tests, started by the same code as `dfs up`; each process can be killed, stopped and brought back. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ChildServer, type Exit } from '../../cli/up/child-server.js'
import { ClusterFolder } from '../../cli/up/cluster-folder.js'
import { type Damage, damageReplica, type ReplicaPaths } from '../../embedded/damage.js'
import type { BlockView } from '../../embedded/find-blocks.js'
import type { ClusterOptions } from '../../embedded/start-cluster.js'
import { awaitWrites } from '../../shared/client/await-writes.js'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { systemClock } from '../../shared/clock.js'
import type { ServerProcess } from '../../shared/config/setting.js'
import { toDfsError } from '../../shared/errors.js'
import type { ServerAddresses } from '../../shared/server-process.js'
import { readBlocks } from './read-blocks.js'

type ChildSettings = Record<string, string | number>

const PORT_SETTINGS: Readonly<Record<ServerProcess, Readonly<Record<string, string>>>> = {
  namenode: { rpcPort: 'namenode.rpc-port', httpPort: 'namenode.http-port' },
  datanode: {
    transferPort: 'datanode.transfer-port',
    httpPort: 'datanode.http-port',
    ipcPort: 'datanode.ipc-port',
  },
}

export class ProcessNode {
  readonly name: string
  readonly folder: ClusterFolder
  addresses: ServerAddresses = {}
  readonly #process: ServerProcess
  readonly #settings: ChildSettings
  #child: ChildServer | undefined
  #isPaused = false

  constructor(
    name: string,
    process: ServerProcess,
    folder: ClusterFolder,
    settings: ChildSettings,
  ) {
    this.name = name
    this.folder = folder
    this.#process = process
    this.#settings = settings
  }

  get isRunning(): boolean {
    return this.#child?.isRunning === true
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** @param environment on top of ours: the switch of crash points, a library to load before others */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.isRunning) return
    try {
      await this.#start(environment)
    } catch (error) {
      // A free port of before may be somebody else's by now; a datanode is found anywhere.
      if (this.#process === 'namenode' || toDfsError(error).code !== 'PORT_IN_USE') throw error
      this.#forgetPorts()
      await this.#start(environment)
    }
  }

  async #start(environment: Readonly<Record<string, string>>): Promise<void> {
    this.#isPaused = false
    const child = new ChildServer({
      name: this.name,
      process: this.#process,
      folder: this.folder,
      arguments: [],
      settings: this.#settings,
      environment: { ...process.env, ...environment },
    })
    this.#child = child
    this.addresses = await child.ready
    this.#keepPorts()
  }

  async stop(): Promise<void> {
    this.resume()
    this.#child?.signal('SIGTERM')
    await this.#child?.exited
  }

  /** Resolves with how the process ended, once it has. */
  async ended(): Promise<Exit | undefined> {
    return await this.#child?.exited
  }

  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL')
    await this.#child?.exited
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  pause(): void {
    this.#isPaused = true
    this.#child?.signal('SIGSTOP')
  }

  resume(): void {
    if (this.#isPaused) this.#child?.signal('SIGCONT')
    this.#isPaused = false
  }

  /** The same ports at the next start: clients hold on to them. */
  #keepPorts(): void {
    for (const [name, key] of Object.entries(PORT_SETTINGS[this.#process])) {
      this.#settings[key] = this.addresses[name] ?? 0
    }
  }

  #forgetPorts(): void {
    for (const key of Object.values(PORT_SETTINGS[this.#process])) this.#settings[key] = 0
  }
}

export class ProcessDatanode extends ProcessNode {
  readonly dataFolders: readonly string[]
  readonly #findBlocks: (path: string) => Promise<readonly BlockView[]>

  constructor(
    name: string,
    folder: ClusterFolder,
    settings: ChildSettings,
    findBlocks: (path: string) => Promise<readonly BlockView[]>,
  ) {
    super(name, 'datanode', folder, settings)
    this.dataFolders = String(settings['datanode.volumes']).split(',')
    this.#findBlocks = findBlocks
  }

  get uuid(): string {
    return String(this.addresses['uuid'])
  }

  /** Finalized replicas of a block, found by their names: see datanode/blocks/FORMAT.md. */
  replicaPaths(blockId: number): readonly ReplicaPaths[] {
    return this.dataFolders.flatMap((volume) => {
      if (!existsSync(volume)) return []
      const names = readdirSync(volume, { recursive: true, encoding: 'utf8' })
      return names
        .filter((name) => new RegExp(`(^|/)blk_${blockId}_\\d+\\.meta$`).test(name))
        .map((meta) => ({
          data: join(volume, dirname(meta), `blk_${blockId}`),
          meta: join(volume, meta),
        }))
    })
  }

  async corrupt(target: number | string, damage: Damage = 'data'): Promise<void> {
    const ids =
      typeof target === 'number'
        ? [target]
        : (await this.#findBlocks(target)).map(({ blockId }) => blockId)
    const paths = ids.flatMap((id) => this.replicaPaths(id))[0]
    if (paths === undefined) throw new Error(`${this.name} holds no replica of ${target}`)
    await damageReplica(paths, damage)
  }
}

export class ProcessCluster {
  readonly folder: ClusterFolder
  readonly namenode: ProcessNode
  readonly datanodes: ProcessDatanode[] = []
  readonly #clients: DfsClient[] = []
  readonly #settings: ChildSettings

  private constructor(folder: ClusterFolder, settings: ChildSettings) {
    this.folder = folder
    this.#settings = settings
    this.namenode = new ProcessNode('namenode', 'namenode', folder, {
      'namenode.rpc-port': 0,
      'namenode.http-port': 0,
      'namenode.data-folder': folder.dataFolder('namenode'),
      ...settings,
    })
  }

  static async start(options: ClusterOptions): Promise<ProcessCluster> {
    const path = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'dfs-processes-')))
    const folder = new ClusterFolder(path)
    const settings: ChildSettings = { 'cluster.token-file': folder.tokenFile }
    for (const [key, value] of Object.entries(options.settings ?? {})) settings[key] = String(value)
    const cluster = new ProcessCluster(folder, settings)
    try {
      await cluster.namenode.start()
      const count = options.datanodes ?? 3
      const own = options.datanodeSettings ?? []
      await Promise.all(
        Array.from({ length: count }, (_, index) => cluster.addDatanode(index, own[index] ?? {})),
      )
      cluster.datanodes.sort((a, b) => a.name.localeCompare(b.name))
      await cluster.ready()
    } catch (error) {
      await cluster.stop({ keepFolder: true })
      throw error
    }
    return cluster
  }

  get dataFolder(): string {
    return this.folder.path
  }

  get fs(): string {
    return `hdfs://127.0.0.1:${this.namenode.addresses['rpcPort']}`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.namenode.addresses['httpPort']}`
  }

  client(options: { readonly user?: string } = {}): DfsClient {
    const client = DfsClient.connect({ fs: this.fs, http: this.httpUrl, ...options })
    this.#clients.push(client)
    return client
  }

  blocks(path: string): Promise<readonly BlockView[]> {
    return readBlocks(this.fs, path)
  }

  async addDatanode(
    index: number,
    own: NonNullable<ClusterOptions['settings']>,
  ): Promise<ProcessDatanode> {
    const name = `datanode-${index + 1}`
    const settings: ChildSettings = {
      'datanode.transfer-port': 0,
      'datanode.http-port': 0,
      'datanode.ipc-port': 0,
      'datanode.volumes': this.folder.dataFolder(name),
      'namenode.rpc-port': this.namenode.addresses['rpcPort'] ?? 0,
      'namenode.http-port': this.namenode.addresses['httpPort'] ?? 0,
      ...this.#settings,
    }
    for (const [key, value] of Object.entries(own)) settings[key] = String(value)
    const datanode = new ProcessDatanode(name, this.folder, settings, (path) => this.blocks(path))
    this.datanodes.push(datanode)
    await datanode.start()
    return datanode
  }

  async ready(): Promise<void> {
    await awaitWrites({
      url: this.httpUrl,
      datanodes: this.datanodes.filter(({ isRunning }) => isRunning).length,
      clock: systemClock,
      limitMs: 60_000,
    })
  }

  /** Ends every process; with `keepFolder` the logs stay, and their ends are printed. */
  async stop({ keepFolder = false } = {}): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
    const nodes = [...this.datanodes, this.namenode]
    await Promise.all(nodes.map((node) => node.stop()))
    if (keepFolder) {
      for (const { name } of nodes) process.stderr.write(`${name}:\n${this.logTail(name)}\n`)
      process.stderr.write(`kept ${this.folder.path}\n`)
    } else {
      await rm(this.folder.path, { recursive: true, force: true })
    }
  }

  logTail(name: string): string {
    const path = this.folder.logFile(name)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-25).join('\n') : ''
  }
}
