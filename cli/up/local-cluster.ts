/**
 * A whole cluster as processes of this machine. All start at once: datanodes knock until the namenode answers, which
 * is quicker than waiting for it, unless its port is yet to be found.
 */
import { awaitWrites } from '../../shared/client/await-writes.js'
import type { Clock } from '../../shared/clock.js'
import { DfsError } from '../../shared/errors.js'
import type { ServerAddresses } from '../../shared/server-process.js'
import { ChildServer, type Exit } from './child-server.js'
import { type ClusterFolder, type DatanodePorts, FREE_PORTS } from './cluster-folder.js'

export interface LocalClusterOptions {
  readonly folder: ClusterFolder
  readonly clock: Clock
  readonly host: string
  /** 0 takes a free port. */
  readonly rpcPort: number
  readonly httpPort: number
  /** One entry for each datanode; undefined leaves the choice to us. */
  readonly datanodePorts: readonly (DatanodePorts | undefined)[]
  readonly arguments: readonly string[]
  readonly settings: Readonly<Record<string, string | number>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Told when a server ends that nobody asked to end. */
  readonly onLoss: (name: string, pid: number, exit: Exit) => void
  /** Told why a start takes long. */
  readonly onWaiting: (reason: string) => void
}

export interface ServerView {
  readonly name: string
  readonly pid: number
  readonly dataFolder: string
  readonly addresses: ServerAddresses
}

export interface ClusterView {
  readonly namenode: ServerView
  readonly datanodes: readonly ServerView[]
}

/** Longer than a server's own limit for closing. */
const STOP_LIMIT_MS = 12_000

export class LocalCluster {
  readonly #options: LocalClusterOptions
  readonly #children: ChildServer[] = []
  #isStopping = false

  constructor(options: LocalClusterOptions) {
    this.#options = options
  }

  /** Resolves when the first write would succeed. @throws DfsError what kept a server from starting */
  async start(signal: AbortSignal): Promise<ClusterView> {
    signal.throwIfAborted()
    const { rpcPort, httpPort, datanodePorts } = this.#options
    const namenode = this.#launch('namenode', 'namenode', {
      'namenode.rpc-port': rpcPort,
      'namenode.http-port': httpPort,
    })
    const portsKnown = rpcPort !== 0 && httpPort !== 0
    const known = portsKnown ? { rpcPort, httpPort } : await abortable(namenode.ready, signal)
    const remembered = this.#options.folder.readPorts()
    const starting = datanodePorts.map((given, index) =>
      this.#startDatanode(index, known, given, remembered[index]),
    )
    const everything = Promise.all([namenode.ready, ...starting])
    const [addresses, ...datanodes] = await abortable(everything, signal)
    await awaitWrites({
      url: `http://${this.#options.host}:${addresses['httpPort']}`,
      datanodes: datanodes.length,
      clock: this.#options.clock,
      signal,
      onWaiting: this.#options.onWaiting,
    })
    this.#options.folder.writePorts(datanodes.map((view) => portsOf(view.addresses)))
    return { namenode: this.#view(namenode, addresses), datanodes }
  }

  /** Asks every server to end, and ends those that do not. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const child of this.#children) child.signal('SIGTERM')
    const cancelKill = this.#options.clock.after(STOP_LIMIT_MS, () => {
      for (const child of this.#children) child.signal('SIGKILL')
    })
    await this.whenAllEnded()
    cancelKill()
  }

  /** Resolves when no server is left. */
  async whenAllEnded(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.exited))
  }

  async #startDatanode(
    index: number,
    namenode: ServerAddresses,
    given: DatanodePorts | undefined,
    remembered: DatanodePorts | undefined,
  ): Promise<ServerView> {
    const name = `datanode-${index + 1}`
    const launch = (ports: DatanodePorts) =>
      this.#launch(name, 'datanode', {
        'namenode.host': this.#options.host,
        'namenode.rpc-port': namenode['rpcPort'] ?? 0,
        'namenode.http-port': namenode['httpPort'] ?? 0,
        'datanode.transfer-port': ports.transferPort,
        'datanode.http-port': ports.httpPort,
        'datanode.ipc-port': ports.ipcPort,
      })
    const child = launch(given ?? remembered ?? FREE_PORTS)
    try {
      return this.#view(child, await child.ready)
    } catch (error) {
      const isTaken = error instanceof DfsError && error.code === 'PORT_IN_USE'
      if (!isTaken || given !== undefined || remembered === undefined) throw error
      await child.exited
      const second = launch(FREE_PORTS)
      return this.#view(second, await second.ready)
    }
  }

  #launch(
    name: string,
    process: 'namenode' | 'datanode',
    settings: Readonly<Record<string, string | number>>,
  ): ChildServer {
    const { folder } = this.#options
    const place = process === 'namenode' ? 'namenode.data-folder' : 'datanode.volumes'
    const child = new ChildServer({
      name,
      process,
      folder,
      arguments: this.#options.arguments,
      environment: this.#options.environment,
      settings: {
        ...this.#options.settings,
        ...settings,
        'cluster.token-file': folder.tokenFile,
        [place]: folder.dataFolder(name),
      },
    })
    this.#children.push(child)
    void this.#watch(child)
    return child
  }

  async #watch(child: ChildServer): Promise<void> {
    let hasStarted = true
    try {
      await child.ready
    } catch {
      // `start` reports why; here it only matters that this was no loss.
      hasStarted = false
    }
    const exit = await child.exited
    if (hasStarted && !this.#isStopping) this.#options.onLoss(child.name, child.pid, exit)
  }

  #view(child: ChildServer, addresses: ServerAddresses): ServerView {
    const dataFolder = this.#options.folder.dataFolder(child.name)
    return { name: child.name, pid: child.pid, dataFolder, addresses }
  }
}

const portsOf = (addresses: ServerAddresses): DatanodePorts => ({
  transferPort: Number(addresses['transferPort']),
  httpPort: Number(addresses['httpPort']),
  ipcPort: Number(addresses['ipcPort']),
})

/** The promise, or the signal's reason when that comes first. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stopListening = () => {}
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    stopListening = () => signal.removeEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    stopListening()
  }
}
