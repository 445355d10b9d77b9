/** Builds a namenode from its parts, in the order in which they need each other, and serves until closed. */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { DfsError } from '../shared/errors.js'
import { IpcServer } from '../shared/hadoop/ipc-server.js'
import { listenHttp } from '../shared/http/http-server.js'
import type { Listener, Network } from '../shared/network.js'
import type { Seams } from '../shared/seams.js'
import { ShutdownStack } from '../shared/shutdown-stack.js'
import type { NamenodeConfig } from './config.js'
import { registerControlRoutes } from './http/control-routes.js'
import { NamenodeMetrics } from './http/metrics.js'
import { buildNamenodeHttp } from './http/server.js'
import { openBlockManagement } from './open-block-management.js'
import { refusalToBind } from './policy/bind-address.js'
import { namenodeProtocols } from './rpc/protocols.js'
import { openNamespace } from './service/open-namespace.js'
import { openServices } from './service/open-services.js'

export interface RunningNamenode {
  readonly rpcPort: number
  readonly httpPort: number
  /** Finishes the calls that run, makes everything durable and frees the data folder. Idempotent. */
  close(): Promise<void>
  /** For tests: drops every connection without a word, as a process does that dies, then frees the data folder. */
  kill(): Promise<void>
}

export interface NamenodeEvents {
  /** Nothing can be written any more; the process must end. By default the error is thrown into the event loop. */
  readonly onFatal?: (error: Error) => void
}

/**
 * Opens or creates the data folder and serves on the configured ports.
 * @throws DfsError CONFIGURATION, DATA_FOLDER_LOCKED, DATA_FOLDER_NEWER, DATABASE_CORRUPT, PORT_IN_USE
 */
export async function startNamenode(
  config: NamenodeConfig,
  seams: Seams,
  events: NamenodeEvents = {},
): Promise<RunningNamenode> {
  const refusal = refusalToBind(config.bindHost, config.allowUnauthenticatedBind)
  if (refusal !== undefined) throw new DfsError('CONFIGURATION', refusal)
  const closing = new ShutdownStack()
  try {
    return await start(config, seams, events, closing)
  } catch (error) {
    await closing.closeAll()
    throw error
  }
}

async function start(
  config: NamenodeConfig,
  seams: Seams,
  events: NamenodeEvents,
  closing: ShutdownStack,
): Promise<RunningNamenode> {
  const { writer } = config
  const namespace = closing.use(
    'namespace',
    await openNamespace({
      config,
      seams,
      writer,
      ...(events.onFatal === undefined ? {} : { onFatal: events.onFatal }),
    }),
    (it) => it.close(),
  )
  const management = closing.use(
    'block management',
    await openBlockManagement({ config, seams, namespace }),
    (it) => it.close(),
  )
  const services = await openServices({
    config,
    clock: seams.clock,
    log: seams.log,
    namespace,
    blockManager: management.blockManager,
    leaseRecovery: management,
    missingBlocksAfter: (after, limit) => management.missingBlocksAfter(after, limit),
    namenodeAddresses: ownAddresses(),
    readSystemFile: (path) => readFile(path, 'utf8'),
  })
  const metrics = closing.use('metrics', new NamenodeMetrics(), (it) => it.close())
  metrics.watch(services)
  metrics.watchWriter(() => namespace.writerStatistics)
  const app = closing.use(
    'http',
    await buildNamenodeHttp({
      services,
      metrics,
      fsck: management.fsck,
      registerControlRoutes: (scope) => registerControlRoutes(scope, management),
    }),
    (it) => it.close(),
  )
  const httpPort = await listenHttp(app, config.bindHost, config.httpPort)
  const sockets = new RememberedListeners(seams.network)
  const rpcServer = new IpcServer({
    seams: { ...seams, network: sockets },
    protocols: namenodeProtocols(services),
    limits: {
      // A superuser may act for others; a list of proxies comes with authentication.
      mayImpersonate: (realUser) => services.principals.principal(realUser).isSuperuser,
    },
    onCall: (statistics) => metrics.observeCall(statistics),
  })
  metrics.watchConnections(() => rpcServer.load)
  const rpc = closing.use(
    'rpc',
    await rpcServer.listen({ host: config.bindHost, port: config.rpcPort }),
    (it) => it.close(),
  )
  return {
    rpcPort: rpc.port,
    httpPort,
    close: () => closing.closeAll(),
    kill: async () => {
      app.server.closeAllConnections()
      await sockets.dropAll()
      await closing.closeAll()
    },
  }
}

/** Keeps hold of what a server listens with: its own close is polite and lets running calls answer. */
class RememberedListeners implements Network {
  readonly #network: Network
  readonly #listeners: Listener[] = []

  constructor(network: Network) {
    this.#network = network
  }

  connect(...parameters: Parameters<Network['connect']>): ReturnType<Network['connect']> {
    return this.#network.connect(...parameters)
  }

  async listen(...parameters: Parameters<Network['listen']>): Promise<Listener> {
    const listener = await this.#network.listen(...parameters)
    this.#listeners.push(listener)
    return listener
  }

  async dropAll(): Promise<void> {
    await Promise.all(this.#listeners.map((it) => it.close()))
  }
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((it) => (it ?? []).map(({ address }) => address)),
  )
}
