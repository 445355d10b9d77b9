/** The parts of a datanode, joined: who is told of what, and in which order they begin and end. */

import { setMaxListeners } from 'node:events'
import { type BackgroundLoop, failingLoops } from '../shared/background-loop.js'
import { Reconfiguration } from '../shared/config/reconfiguration.js'
import type { SettingValues } from '../shared/config/settings.js'
import { advertisedAddress } from '../shared/control/advertised-address.js'
import type { RegisterRequest } from '../shared/control/messages.js'
import { DfsError, toDfsError } from '../shared/errors.js'
import { IpcServer } from '../shared/hadoop/ipc-server.js'
import { CLIENT_DATANODE_PROTOCOL_NAME } from '../shared/hadoop/schema/client-datanode-protocol.js'
import type { Listener } from '../shared/network.js'
import type { Seams } from '../shared/seams.js'
import { DEFAULT_PIPELINE_TIMEOUTS } from '../shared/transfer/timeouts.js'
import { readVersion } from '../shared/version.js'
import type { LockFolder } from './blocks/folder-lock.js'
import { type OpenedBlockStore, openBlockStore } from './blocks/open-block-store.js'
import type { Volume } from './blocks/volume.js'
import type { DatanodeConfig, NamenodePlace } from './config.js'
import type { DatanodeHealth } from './http/health.js'
import { liveSettings } from './live-settings.js'
import { BlockEventLoop } from './loops/block-events.js'
import { CommandExecutor } from './loops/command-executor.js'
import { type ControlClient, HttpControlClient } from './loops/control-client.js'
import { FullReportLoop } from './loops/full-report.js'
import { HeartbeatLoop, storageReport } from './loops/heartbeat.js'
import { NamenodeSession } from './loops/namenode-session.js'
import { PeerAddresses } from './loops/peer-addresses.js'
import { presenceSweep } from './loops/presence-sweep.js'
import { Scrubber } from './loops/scrubber.js'
import { watchVolumes } from './loops/volume-watch.js'
import { findWhereabouts, reachableAddresses, type Whereabouts } from './own-addresses.js'
import { PauseGate, pausableControl, pausableNetwork } from './pause-gate.js'
import { ByteThrottle } from './policy/byte-throttle.js'
import { clientDatanodeFace } from './rpc/client-datanode-face.js'
import { newTransferStatistics, type TransferContext } from './transfer/transfer-context.js'
import { TransferServer } from './transfer/transfer-server.js'

const TRANSFER_TIMEOUTS = {
  ...DEFAULT_PIPELINE_TIMEOUTS,
  writerSilenceMs: 120_000,
  readerStallMs: 480_000,
  keepAliveMs: 4_000,
  firstOperationMs: 60_000,
  openReadWaitMs: 3_000,
}

/** Between the answer to `shutdownDatanode` and the end. */
const SHUTDOWN_DELAY_MS = 100
/** How long an orderly end waits for disks. */
const PATIENCE_AT_END_MS = 10_000

interface Ports {
  readonly transferPort: number
  readonly ipcPort: number
  readonly httpPort: number
}

/** What a simulation replaces beside the seams. Default: HTTP, and locks of the operating system. */
export interface DatanodeSurroundings {
  readonly control?: ControlClient
  /** Reads the settings again; without it they cannot change while the node runs. */
  readonly reload?: () => SettingValues
  readonly lockFolder?: LockFolder
  /** Where the namenode is, when that is known only later; meanwhile the disks are opened. */
  readonly namenode?: Promise<NamenodePlace>
}

interface OpenedParts {
  readonly opened: OpenedBlockStore
  readonly control: ControlClient
  readonly whereabouts: Whereabouts
  readonly reload: (() => SettingValues) | undefined
}

export class DatanodeNode {
  /** With the namenode's place. */
  readonly config: DatanodeConfig
  readonly gate = new PauseGate()
  readonly failed: Promise<DfsError>
  /** Resolves with who wants it to end. */
  readonly stopRequested: Promise<string>
  readonly #seams: Seams
  readonly #opened: OpenedBlockStore
  readonly #whereabouts: Whereabouts
  readonly #statistics = newTransferStatistics()
  readonly #stopping = new AbortController()
  readonly #incarnation: string
  readonly #startedMs: number
  readonly #session: NamenodeSession
  readonly #events: BlockEventLoop
  readonly #reports: FullReportLoop
  readonly #executor: CommandExecutor
  readonly #heartbeat: HeartbeatLoop
  readonly #server: TransferServer
  readonly #ipc: IpcServer
  readonly #scrubbers: readonly Scrubber[]
  /** What has nothing to do with the namenode: it fails only when this node is not well. */
  readonly #others: readonly (Pick<BackgroundLoop, 'name' | 'failuresInARow' | 'stop'> & {
    start(): unknown
  })[]
  readonly #client: ControlClient
  #ports: Ports = { transferPort: 0, ipcPort: 0, httpPort: 0 }
  #ipcListener: Listener | undefined
  #hasBegun = false
  #ending: Promise<void> | undefined
  #giveUp: (error: DfsError) => void = () => {}
  #requestStop: (reason: string) => void = () => {}

  static async open(
    config: DatanodeConfig,
    seams: Seams,
    surroundings: DatanodeSurroundings = {},
  ): Promise<DatanodeNode> {
    let node: DatanodeNode | undefined
    // Beside the disks: a name server may be slow.
    const finding = findWhereabouts(config, seams.clock)
    const events = {
      onFailed: (volume: Volume, reason: DfsError) => node?.volumeFailed(volume, reason),
    }
    const opened = await openBlockStore(config, seams, events, surroundings.lockFolder)
    try {
      const complete = { ...config, ...(await surroundings.namenode) }
      const { namenodeUrl: baseUrl, clusterToken: token } = complete
      const { clock } = seams
      const control = surroundings.control ?? new HttpControlClient({ baseUrl, token, clock })
      const whereabouts = await finding
      const { reload } = surroundings
      node = new DatanodeNode(complete, seams, { opened, control, whereabouts, reload })
      return node
    } catch (error) {
      for (const volume of opened.store.volumes) volume.release()
      throw error
    }
  }

  private constructor(
    config: DatanodeConfig,
    seams: Seams,
    { opened, control, whereabouts, reload }: OpenedParts,
  ) {
    this.config = config
    this.#whereabouts = whereabouts
    this.#seams = { ...seams, network: pausableNetwork(seams.network, this.gate) }
    this.#opened = opened
    this.#incarnation = seams.random.uuid()
    this.#startedMs = seams.clock.monotonicMs()
    // Every command that runs waits for it, and their number has its own limit.
    setMaxListeners(0, this.#stopping.signal)
    this.failed = new Promise((resolve) => {
      this.#giveUp = resolve
    })
    this.stopRequested = new Promise((resolve) => {
      this.#requestStop = resolve
    })
    const { store } = opened
    const { log } = seams
    this.#client = control
    this.#session = new NamenodeSession({
      client: pausableControl(this.#client, this.gate),
      log,
      volumes: store.volumes,
      datanodeUuid: this.uuid,
      registration: () => this.#registration(),
      onRefused: (error) => this.#giveUp(error),
    })
    const session = this.#session
    this.#events = new BlockEventLoop({ session, seams, onOverflow: () => this.#reports.request() })
    const context = this.#transferContext()
    this.#reports = new FullReportLoop({
      session,
      store,
      seams,
      onReported: () => this.#repeatCorrupt(),
    })
    this.#executor = new CommandExecutor({
      context,
      session,
      requestFullReport: () => this.#reports.request(),
      setCopyRate: (bytesPerSecond) => {
        const ownRate = config.copyBytesPerSecond
        context.copyThrottle.bytesPerSecond = bytesPerSecond === 0 ? ownRate : bytesPerSecond
      },
      onOutcome: () => this.#heartbeat.wake(),
      signal: this.#stopping.signal,
    })
    this.#heartbeat = new HeartbeatLoop({
      session,
      executor: this.#executor,
      volumes: store.volumes,
      activeTransfers: () => this.#statistics.activeTransfers,
      seams,
    })
    const { maxTransfers, scrubPeriodMs: periodMs, scrubBytesPerSecond: bytesPerSecond } = config
    this.#server = new TransferServer({ context, maxTransfers })
    this.#scrubbers = store.volumes.map(
      (volume) => new Scrubber({ context, volume, periodMs, bytesPerSecond }),
    )
    this.#ipc = this.#ipcServer(context.copyThrottle, reload)
    this.#others = [
      watchVolumes(store.volumes, config.hungAfterMs, seams),
      presenceSweep(context),
      ...this.#scrubbers,
    ]
  }

  get uuid(): string {
    return this.#opened.datanodeUuid
  }

  #transferContext(): TransferContext {
    return {
      seams: this.#seams,
      store: this.#opened.store,
      events: this.#events,
      peers: new PeerAddresses(this.#session, this.#seams),
      statistics: this.#statistics,
      timeouts: TRANSFER_TIMEOUTS,
      copyThrottle: new ByteThrottle(this.config.copyBytesPerSecond),
      blockPoolId: () => this.#session.blockPoolId,
    }
  }

  #ipcServer(copyThrottle: ByteThrottle, reload: (() => SettingValues) | undefined): IpcServer {
    const { clock, log } = this.#seams
    const live = liveSettings({ copyThrottle, scrubbers: this.#scrubbers, server: this.#server })
    const face = clientDatanodeFace({
      store: this.#opened.store,
      softwareVersion: readVersion(),
      uptimeSeconds: () => Math.floor((clock.monotonicMs() - this.#startedMs) / 1000),
      copyBytesPerSecond: () => copyThrottle.bytesPerSecond,
      requestFullReport: () => this.#reports.request(),
      // The answer to whoever asked leaves first.
      shutDown: (reason) => void clock.after(SHUTDOWN_DELAY_MS, () => this.#requestStop(reason)),
      isAdministrator: (user) => user === this.config.superuser,
      reconfiguration: new Reconfiguration({ clock, log, reload, live }),
      blockPoolId: () => this.#session.blockPoolId,
    })
    return new IpcServer({
      seams: this.#seams,
      protocols: { [CLIENT_DATANODE_PROTOCOL_NAME]: face },
    })
  }

  #registration(): RegisterRequest {
    const { addresses, advertisedAddresses, hostname, rack } = this.config
    const { bound, answersToHostname } = this.#whereabouts
    return {
      datanodeUuid: this.uuid,
      incarnation: this.#incarnation,
      softwareVersion: readVersion(),
      hostname,
      answersToHostname,
      addresses: addresses.length > 0 ? [...addresses] : reachableAddresses(bound),
      advertised: advertisedAddresses.map((it) => advertisedAddress(it, this.#ports)),
      ...this.#ports,
      rack,
      storages: this.#opened.store.volumes.map(({ storageId, type }) => ({ storageId, type })),
    }
  }

  /** @throws DfsError PORT_IN_USE */
  async listen(): Promise<{ readonly transferPort: number; readonly ipcPort: number }> {
    const { bindHost: host, transferPort, ipcPort } = this.config
    const port = await this.#server.listen({ host, port: transferPort })
    this.#ipcListener = await this.#ipc.listen({ host, port: ipcPort })
    return { transferPort: port, ipcPort: this.#ipcListener.port }
  }

  /** Starts to talk to the namenode, and everything that repeats. */
  begin(ports: Ports): void {
    this.#ports = ports
    this.#hasBegun = true
    for (const loop of this.#loops()) loop.start()
  }

  #loops() {
    return [this.#heartbeat, this.#events, this.#reports, ...this.#others]
  }

  /** A volume is out: its blocks are gone from here until it is repaired, the node goes on with the others. */
  volumeFailed(volume: Volume, reason: DfsError): void {
    if (this.#stopping.signal.aborted) return
    const { store } = this.#opened
    this.#seams.log.error({ folder: volume.folder, err: reason }, 'volume failed')
    void store.dropVolume(volume)
    this.#heartbeat.wake()
    const failed = this.#failedVolumes()
    if (failed > this.config.failedVolumesTolerated || store.volumes.every((it) => it.hasFailed)) {
      this.#giveUp(new DfsError('VOLUME_FAILED', `${failed} volumes failed: ${reason.message}`))
    }
  }

  #failedVolumes(): number {
    const { store, unusable } = this.#opened
    return store.volumes.filter((it) => it.hasFailed).length + unusable.length
  }

  /** A namenode that has just started knows nothing of what was found bad before. */
  #repeatCorrupt(): void {
    const { store } = this.#opened
    for (const id of store.corruptIds()) {
      const replica = store.get(id)
      if (replica !== undefined) this.#events.corrupt(replica)
    }
  }

  replicaPaths(blockId: number): { readonly data: string; readonly meta: string }[] {
    const { store } = this.#opened
    const replica = store.get(blockId)
    if (replica === undefined) return []
    const { data, meta } = store.pathsOf(replica)
    return [{ data, meta }]
  }

  health(): DatanodeHealth {
    const { store } = this.#opened
    return {
      isRegistered: this.#session.agreement !== undefined,
      clusterId: this.#session.clusterId,
      transfers: { ...this.#statistics },
      volumes: store.volumes.map((it) => ({ ...storageReport(it), folder: it.folder })),
      failedVolumes: this.#failedVolumes(),
      failingLoops: failingLoops(this.#others),
      blocks: store.index.size,
      queuedEvents: this.#events.queued,
      commands: this.#executor.load,
      scrub: this.#scrubbers.map(({ progress }) => progress),
    }
  }

  /** By which tickets expire: the namenode's clock, which issued them; ours may be another by hours. */
  ticketTimeMs(): number {
    return this.#client.namenodeWallMs?.() ?? this.#seams.clock.wallMs()
  }

  /** Stops intake first, then lets go of replicas, then of the folders. Idempotent. */
  close(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  /** Nothing reaches the disks from now on; descriptors and locks are released. */
  async kill(): Promise<void> {
    this.#stopping.abort()
    this.#abandonDisks('the node was killed')
    await this.close()
  }

  /** Calls that were abandoned may still reach the disk: the locks are kept until they have, or will not. */
  async #waitForDisks(): Promise<void> {
    const { clock } = this.#seams
    const { keptFiles, volumes } = this.#opened.store
    const idle = Promise.all([keptFiles.close(), ...volumes.map(({ disk }) => disk.idle())])
    const enough = new AbortController()
    await Promise.race([
      idle.then(() => enough.abort()),
      clock.sleep(PATIENCE_AT_END_MS, enough.signal).catch(() => undefined),
    ])
  }

  #abandonDisks(why: string): void {
    for (const volume of this.#opened.store.volumes) volume.disk.fail(new Error(why))
  }

  async #end(): Promise<void> {
    this.#stopping.abort()
    this.gate.resume()
    this.#client.close()
    const failures: unknown[] = []
    const served = this.#server.close(true)
    const steps = [
      ...(this.#hasBegun ? this.#loops().map((loop) => loop.stop()) : []),
      this.#ipcListener?.close(),
      this.#executor.stop(),
      served,
    ]
    // A disk that hangs must not keep the process: its volume is measured at the next start, as after a crash.
    const cancel = this.#seams.clock.after(PATIENCE_AT_END_MS, () =>
      this.#abandonDisks('no answer of the disk at the end'),
    )
    for (const result of await Promise.allSettled(steps)) {
      if (result.status === 'rejected') failures.push(result.reason)
    }
    cancel()
    await this.#waitForDisks()
    for (const volume of this.#opened.store.volumes) volume.release()
    if (failures.length > 0)
      this.#seams.log.warn({ err: toDfsError(failures[0]) }, 'shutdown was not clean')
  }
}
