/** A datanode's store and its streaming server on real folders and sockets, with a recorder in the namenode's place. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BlockStore } from '../../datanode/blocks/block-store.js'
import { openBlockStore } from '../../datanode/blocks/open-block-store.js'
import type { Replica } from '../../datanode/blocks/replica.js'
import type { Volume } from '../../datanode/blocks/volume.js'
import type { VolumeConfig } from '../../datanode/config.js'
import { ByteThrottle } from '../../datanode/policy/byte-throttle.js'
import type { CachedWrites } from '../../datanode/policy/drop-behind.js'
import {
  newTransferStatistics,
  type ReplicaEvents,
  type TransferContext,
} from '../../datanode/transfer/transfer-context.js'
import { TransferServer } from '../../datanode/transfer/transfer-server.js'
import { systemClock } from '../../shared/clock.js'
import { type Disk, systemDisk } from '../../shared/disk.js'
import { silentLog } from '../../shared/log.js'
import { systemNetwork } from '../../shared/network.js'
import { seededRandom } from '../../shared/random.js'
import type { Seams } from '../../shared/seams.js'
import { transferAddress } from '../../shared/transfer/pipeline-node.js'
import { temporaryFolder } from './temporary-folder.js'

export const POOL = 'BP-1-127.0.0.1-1'

export interface RecordedEvent {
  readonly kind: 'receiving' | 'received' | 'deleted' | 'corrupt' | 'mended'
  readonly id: number
  readonly generationStamp: number
  readonly lengthBytes: number
}

/** Answers at once, unless told to hold `received` back. */
export class RecordedEvents implements ReplicaEvents {
  readonly list: RecordedEvent[] = []
  hold: Promise<void> = Promise.resolve()

  receiving(replica: Replica): void {
    this.#note('receiving', replica)
  }
  async received(replica: Replica): Promise<void> {
    this.#note('received', replica)
    await this.hold
  }
  deleted(replica: Replica): void {
    this.#note('deleted', replica)
  }
  corrupt(replica: Replica): void {
    this.#note('corrupt', replica)
  }
  mended(replica: Replica): void {
    this.#note('mended', replica)
  }
  kinds(): string[] {
    return this.list.map(({ kind }) => kind)
  }
  #note(kind: RecordedEvent['kind'], { id, generationStamp, lengthBytes }: Replica): void {
    this.list.push({ kind, id, generationStamp, lengthBytes })
  }
}

let seed = 1

export function testSeams(disk: Disk = systemDisk): Seams {
  seed += 1
  const network = systemNetwork
  return { clock: systemClock, random: seededRandom(seed), network, disk, log: silentLog }
}

export interface StoreOptions {
  readonly disk?: Disk
  readonly folder?: string
  readonly volumes?: number
  readonly failedVolumesTolerated?: number
  readonly reservedBytes?: number
  readonly syncOnClose?: boolean
  readonly cachedWrites?: CachedWrites
  readonly onFailed?: (volume: Volume) => void
}

export function volumeConfigs(folder: string, count: number): VolumeConfig[] {
  return Array.from({ length: count }, (_, index) => ({
    path: join(folder, `volume${index + 1}`),
    type: 'DISK',
  }))
}

/** A store in a folder of its own; its lock is released when the test ends, or by `release`. */
export async function openStore(options: StoreOptions = {}) {
  const folder = options.folder ?? temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const seams = testSeams(options.disk)
  const config = {
    volumes: volumeConfigs(folder, options.volumes ?? 1),
    reservedBytes: options.reservedBytes ?? 0,
    failedVolumesTolerated: options.failedVolumesTolerated ?? 0,
    syncOnClose: options.syncOnClose ?? true,
    cachedWrites: options.cachedWrites ?? 'first',
  }
  const opened = await openBlockStore(config, seams, {
    onFailed: (volume) => options.onFailed?.(volume),
  })
  let isReleased = false
  const release = () => {
    if (isReleased) return
    isReleased = true
    for (const volume of opened.store.volumes) volume.release()
  }
  onTestFinished(async () => {
    release()
    await opened.store.keptFiles.close()
  })
  return { ...opened, folder, seams, release }
}

export const FAST_TIMEOUTS: TransferContext['timeouts'] = {
  connectMs: 2_000,
  silenceMs: 5_000,
  silencePerNodeMs: 1_000,
  writerSilenceMs: 5_000,
  readerStallMs: 5_000,
  keepAliveMs: 300,
  firstOperationMs: 5_000,
  openReadWaitMs: 100,
}

export interface TestNode {
  readonly store: BlockStore
  readonly context: TransferContext
  readonly events: RecordedEvents
  readonly server: TransferServer
  readonly port: number
  readonly folder: string
  readonly seams: Seams
  stop(): Promise<void>
}

/** A store behind a streaming server on a free port; ends with the test. */
export async function startNode(
  options: StoreOptions & {
    readonly maxTransfers?: number
    readonly timeouts?: Partial<TransferContext['timeouts']>
    readonly peers?: TransferContext['peers']
  } = {},
): Promise<TestNode> {
  const { store, seams, folder, release } = await openStore(options)
  const events = new RecordedEvents()
  const context: TransferContext = {
    seams,
    store,
    events,
    peers: options.peers ?? { find: async (info) => transferAddress(info), forget: () => {} },
    statistics: newTransferStatistics(),
    timeouts: { ...FAST_TIMEOUTS, ...options.timeouts },
    copyThrottle: new ByteThrottle(0),
    blockPoolId: () => POOL,
  }
  const server = new TransferServer({ context, maxTransfers: options.maxTransfers ?? 64 })
  const port = await server.listen({ host: '127.0.0.1', port: 0 })
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= server.close(true).then(release)
    return stopping
  }
  onTestFinished(stop)
  return { store, context, events, server, port, folder, seams, stop }
}
