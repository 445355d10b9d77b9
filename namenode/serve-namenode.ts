/** Puts block management and the faces over an open namespace, each after what it needs, and listens. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { BackgroundLoop, failingLoops } from '../shared/background-loop.js'
import type { SettingValues } from '../shared/config/settings.js'
import { IpcServer } from '../shared/hadoop/ipc-server.js'
import { listenHttp } from '../shared/http/http-server.js'
import { listenToo } from '../shared/http/node-server.js'
import { hostInUrl, localHostOf } from '../shared/ip-address.js'
import type { Listener, Network } from '../shared/network.js'
import type { Seams } from '../shared/seams.js'
import type { ShutdownStack } from '../shared/shutdown-stack.js'
import type { NamenodeConfig } from './config.js'
import { registerControlRoutes } from './http/control-routes.js'
import { NamenodeMetrics } from './http/metrics.js'
import { buildNamenodeHttp } from './http/server.js'
import { backupTick } from './loops/backup-monitor.js'
import { trashTick } from './loops/trash-emptier.js'
import { openBlockManagement } from './open-block-management.js'
import { mayConnectFor } from './rpc/known-callers.js'
import { namenodeProtocols } from './rpc/protocols.js'
import { runProgram } from './run-program.js'
import { Audit } from './service/access/audit.js'
import { Backups } from './service/backup/backups.js'
import type { StoredNamespace } from './service/namespace/namespace-facade.js'
import { openServices } from './service/open-services.js'
import type { NamenodeServices } from './service/services.js'

const TRASH_RETRY_MS = 10_000
const BACKUP_RETRY_MS = 10_000

export interface ServedNamenode {
  readonly rpcPort: number
  readonly httpPort: number
  /** Cuts every connection at once. */
  dropConnections(): Promise<void>
}

interface ServeOptions {
  readonly config: NamenodeConfig
  readonly seams: Seams
  readonly namespace: StoredNamespace
  /** Takes what is opened here. */
  readonly closing: ShutdownStack
  /** Reads the settings again. */
  readonly reload?: (() => SettingValues) | undefined
}

/** @throws DfsError PORT_IN_USE, DATABASE_CORRUPT, WRONG_CLUSTER */
export async function serveNamenode(options: ServeOptions): Promise<ServedNamenode> {
  const { config, seams, namespace, closing } = options
  const management = closing.use(
    'block management',
    await openBlockManagement({ config, seams, namespace }),
    (it) => it.close(),
  )
  const { clock, log, disk } = seams
  const { dataFolder } = config
  const audit = closing.use(
    'audit log',
    await Audit.open({ disk, clock, log, dataFolder, ...config.audit }),
    (it) => it.close(),
  )
  const services = await openServices({
    audit,
    config,
    clock: seams.clock,
    log: seams.log,
    namespace,
    blockManager: management.blockManager,
    movement: () => management.movement(),
    leaseRecovery: management,
    administration: management.administration,
    forgetting: management.forgetting,
    lossForecasts: management.lossForecasts,
    status: management.status,
    missingBlocksAfter: (after, limit) => management.missingBlocksAfter(after, limit),
    namenodeAddresses: ownAddresses(),
    reload: options.reload,
    copies: management.copies,
    runProgram,
    readSystemFile: (path) => readFile(path, 'utf8'),
    writeLogFile: (name, text) => writeLogFile(join(config.dataFolder, 'logs'), name, text),
  })
  const loops = [...management.loops]
  if (config.trash.keepMs > 0) {
    loops.push(closing.use('trash emptier', emptyTrash(options, services), (it) => it.stop()))
  }
  const metrics = closing.use('metrics', new NamenodeMetrics(), (it) => it.close())
  metrics.watch(services)
  metrics.watchOperations(services)
  metrics.watchWriter(() => namespace.writerStatistics)
  const backups = new Backups(config.dataFolder, seams.clock)
  let rpcPort = config.rpcPort
  const app = closing.use(
    'http',
    await buildNamenodeHttp({
      services,
      metrics,
      fsck: management.fsck,
      findBlock: (id) => management.findBlock(id),
      backups,
      failingLoops: () => failingLoops(loops),
      registerControlRoutes: (scope) => registerControlRoutes(scope, management),
      rpcPort: () => rpcPort,
    }),
    (it) => it.close(),
  )
  const httpPort = await listenHttp(app, config.bindHost, config.httpPort)
  const sockets = new RememberedListeners(seams.network)
  for (const port of config.extraHttpPorts) {
    const listener = await listenToo(app.server, sockets, { host: config.bindHost, port })
    closing.use('http on a further port', listener, (it) => it.close())
  }
  rpcPort = await listenRpc(
    { ...options, seams: { ...seams, network: sockets } },
    services,
    metrics,
  )
  const backingUp = makeBackups(options, services, backups, rpcPort)
  if (backingUp !== undefined) {
    loops.push(closing.use('backup monitor', backingUp, (it) => it.stop()))
  }
  return {
    rpcPort,
    httpPort,
    dropConnections: async () => {
      app.server.closeAllConnections()
      await sockets.dropAll()
    },
  }
}

/** The client is loaded by the first backup that goes into the cluster. */
function makeBackups(
  { config, seams }: ServeOptions,
  services: NamenodeServices,
  backups: Backups,
  rpcPort: number,
): BackgroundLoop | undefined {
  const { clock, log } = seams
  if (config.backup === undefined || config.backup.target === '') return undefined
  const connect = async () => {
    const { DfsClient } = await import('../shared/client/dfs-client.js')
    const fs = `hdfs://${hostInUrl(localHostOf(config.bindHost))}:${rpcPort}`
    return DfsClient.connect({ fs, seams, user: config.superuser })
  }
  return new BackgroundLoop({
    name: 'backup-monitor',
    clock,
    tick: backupTick({
      ...config.backup,
      backups,
      monotonicMs: () => clock.monotonicMs(),
      isReady: () => !services.safeMode.isOn,
      lastTransactionId: () => services.namespace.lastTransactionId(),
      client: connect,
    }),
    retryAfterMs: BACKUP_RETRY_MS,
    onError: (error, context) => log.error({ err: error, ...context }, 'background work failed'),
  }).start()
}

function emptyTrash({ config, seams }: ServeOptions, services: NamenodeServices): BackgroundLoop {
  const { clock, log } = seams
  const { namespace, safeMode, principals } = services
  return new BackgroundLoop({
    name: 'trash-emptier',
    clock,
    tick: trashTick({
      namespace,
      clock,
      call: {
        principal: principals.principal(config.superuser),
        requestId: undefined,
        clientAddress: 'namenode',
        localAddress: 'namenode',
      },
      isInSafeMode: () => safeMode.isOn,
      ...config.trash,
    }),
    retryAfterMs: TRASH_RETRY_MS,
    onError: (error, context) => log.error({ err: error, ...context }, 'background work failed'),
  }).start()
}

async function listenRpc(
  { config, seams, closing }: ServeOptions,
  services: NamenodeServices,
  metrics: NamenodeMetrics,
): Promise<number> {
  const server = new IpcServer({
    seams,
    protocols: namenodeProtocols(services),
    limits: { mayImpersonate: mayConnectFor(services) },
    onCall: (statistics) => metrics.observeCall(statistics),
    aroundCalls: (take) => services.namespace.readTogether(take),
  })
  metrics.watchConnections(() => server.load)
  const { bindHost: host, rpcPort, extraRpcPorts } = config
  const further = extraRpcPorts.map((port) => ({ host, port }))
  const listener = await server.listen({ host, port: rpcPort }, further)
  return closing.use('rpc', listener, (it) => it.close()).port
}

/** Keeps hold of what a server listens with: the server's own close is polite and lets running calls answer. */
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

async function writeLogFile(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((it) => (it ?? []).map(({ address }) => address)),
  )
}
