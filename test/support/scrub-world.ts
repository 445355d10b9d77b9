/**
 * The real scrubbers of a node on the real block store, in virtual time and on disks in memory: weeks pass in seconds.
 * What they read is noted: which replica was verified when, and how many bytes each volume had to give at which moment.
 */
import { basename } from 'node:path'
import type { BlockStore } from '../../datanode/blocks/block-store.js'
import { parseBlockFileName } from '../../datanode/blocks/layout.js'
import { openBlockStore } from '../../datanode/blocks/open-block-store.js'
import type { Replica } from '../../datanode/blocks/replica.js'
import { Scrubber } from '../../datanode/loops/scrubber.js'
import { ByteThrottle } from '../../datanode/policy/byte-throttle.js'
import { newTransferStatistics } from '../../datanode/transfer/transfer-context.js'
import { present } from '../../shared/assert.js'
import type { Disk } from '../../shared/disk.js'
import { type Log, silentLog } from '../../shared/log.js'
import { systemNetwork } from '../../shared/network.js'
import { seededRandom } from '../../shared/random.js'
import { SimulatedDisk } from '../simulation/world/disk.js'
import type { Life } from '../simulation/world/life.js'
import { FAST_TIMEOUTS, POOL, RecordedEvents } from './datanode-fixture.js'
import { FakeClock } from './fake-clock.js'

const STAMP = 1001

/** Of each replica that is there: when it was verified or came, and when a bit of it was turned. */
interface Known {
  readonly volume: number
  sinceMs: number
  flippedMs: number | undefined
}

export interface ScrubWorldOptions {
  readonly volumes: number
  readonly periodMs: number
  readonly bytesPerSecond: number
  readonly seed: number
}

/** A node that is off or runs; `boot` and `shutDown` change that. */
export class ScrubWorld {
  readonly clock = new FakeClock()
  readonly events = new RecordedEvents()
  readonly statistics = newTransferStatistics()
  readonly random
  readonly known = new Map<number, Known>()
  /** Bytes of data read, by volume: moment and number. */
  readonly reads: { readonly volume: string; readonly atMs: number; readonly bytes: number }[] = []
  /** What was logged at `warn` or `info` with a text. */
  readonly said: string[] = []
  /** Replicas that were told of as bad: the namenode has them removed some time later. */
  readonly bad: number[] = []
  longestGapMs = 0
  longestBlindnessMs = 0
  readonly #options: ScrubWorldOptions
  readonly #disk: SimulatedDisk
  #store: BlockStore | undefined
  #scrubbers: readonly Scrubber[] = []

  constructor(options: ScrubWorldOptions) {
    this.#options = options
    this.random = seededRandom(options.seed)
    this.#disk = new SimulatedDisk(this.random)
    this.events.corrupt = (replica) => this.#found(replica)
  }

  get store(): BlockStore {
    return present(this.#store, 'the node runs')
  }

  get behindMs(): number {
    return Math.max(...this.#scrubbers.map(({ progress }) => progress.behindMs))
  }

  async boot(): Promise<void> {
    const { volumes, periodMs, bytesPerSecond } = this.#options
    const note = (_facts: object, text: string) => this.said.push(text)
    const log = { ...silentLog, warn: note, info: note } as unknown as Log
    const { clock, random } = this
    const seams = { clock, random, network: systemNetwork, disk: this.#watchedDisk(), log }
    const config = {
      volumes: Array.from(
        { length: volumes },
        (_, at) => ({ path: `/v${at}`, type: 'DISK' }) as const,
      ),
      reservedBytes: 0,
      failedVolumesTolerated: 0,
      syncOnClose: false,
      cachedWrites: 'first',
    } as const
    const lock = (folder: string) => this.#disk.lock(folder)
    const { store } = await openBlockStore(config, seams, { onFailed: () => {} }, lock)
    this.#store = store
    const context = {
      seams,
      store,
      events: this.events,
      peers: { find: () => Promise.reject(new Error('no peers')), forget: () => {} },
      statistics: this.statistics,
      timeouts: FAST_TIMEOUTS,
      copyThrottle: new ByteThrottle(0),
      blockPoolId: () => POOL,
    }
    this.#scrubbers = store.volumes.map((volume) =>
      new Scrubber({ context, volume, periodMs, bytesPerSecond }).start(),
    )
  }

  /** @param how `killed` saves nothing */
  async shutDown(how: 'in order' | 'killed'): Promise<void> {
    if (how === 'killed') {
      for (const volume of this.store.volumes) volume.disk.fail(new Error('killed'))
    }
    await Promise.all(this.#scrubbers.map((it) => it.stop()))
    for (const volume of this.store.volumes) volume.release()
    await this.store.keptFiles.close()
    this.#store = undefined
  }

  async add(id: number, volume: number, lengthBytes: number): Promise<void> {
    const { storageId } = present(this.store.volumes[volume], 'there is that volume')
    const request = { id, generationStamp: STAMP, storageId, sizeBytes: lengthBytes }
    const replica = await this.store.create(request)
    const owner = { stop: async () => {} }
    replica.owner = owner
    replica.writer?.append(Buffer.alloc(lengthBytes, id % 251), undefined)
    await this.store.finalize(replica, owner)
    this.known.set(id, { volume, sinceMs: this.clock.monotonicMs(), flippedMs: undefined })
  }

  async remove(id: number): Promise<void> {
    const { volume } = present(this.known.get(id), 'it is there')
    const { storageId } = present(this.store.volumes[volume], 'there is that volume')
    this.#seen(id)
    await this.store.delete(id, STAMP, storageId)
    this.known.delete(id)
  }

  flip(id: number): void {
    const known = present(this.known.get(id), 'it is there')
    this.#disk.flipBit(this.store.pathsOf(present(this.store.get(id), 'it is there')).data)
    known.flippedMs = this.clock.monotonicMs()
  }

  /** Brings the longest times up to this moment. */
  judge(): void {
    const nowMs = this.clock.monotonicMs()
    for (const { sinceMs, flippedMs } of this.known.values()) {
      this.longestGapMs = Math.max(this.longestGapMs, nowMs - sinceMs)
      if (flippedMs === undefined) continue
      this.longestBlindnessMs = Math.max(this.longestBlindnessMs, nowMs - flippedMs)
    }
  }

  /** The most bytes that a volume had to give in that time. */
  mostBytesIn(windowMs: number): number {
    let most = 0
    for (const volume of new Set(this.reads.map((it) => it.volume))) {
      const reads = this.reads.filter((it) => it.volume === volume)
      let from = 0
      let bytes = 0
      for (const read of reads) {
        bytes += read.bytes
        for (; read.atMs - (reads[from]?.atMs ?? 0) > windowMs; from += 1)
          bytes -= reads[from]?.bytes ?? 0
        most = Math.max(most, bytes)
      }
    }
    return most
  }

  #seen(id: number): void {
    const known = this.known.get(id)
    if (known === undefined) return
    const nowMs = this.clock.monotonicMs()
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - known.sinceMs)
    known.sinceMs = nowMs
  }

  #found({ id }: Replica): void {
    const known = present(this.known.get(id), 'it is there')
    const flippedMs = present(known.flippedMs, 'only damaged replicas are told of')
    const sinceMs = this.clock.monotonicMs() - flippedMs
    this.longestBlindnessMs = Math.max(this.longestBlindnessMs, sinceMs)
    known.flippedMs = undefined
    this.bad.push(id)
  }

  /** Calls end at once: only the scrubbers take time. */
  #watchedDisk(): Disk {
    const now = (_ms: number, _label: string, action: () => void) => {
      action()
      return () => {}
    }
    const disk = this.#disk.of({ later: now } as unknown as Life)
    return {
      ...disk,
      open: async (path, mode) => {
        const file = await disk.open(path, mode)
        const name = parseBlockFileName(basename(path))
        if (mode !== 'read' || name?.kind !== 'data') return file
        return {
          ...file,
          read: async (buffer, offset, lengthBytes, position) => {
            const bytes = await file.read(buffer, offset, lengthBytes, position)
            this.reads.push({ volume: path.slice(0, 3), atMs: this.clock.monotonicMs(), bytes })
            this.#seen(name.id)
            return bytes
          },
        }
      },
    }
  }
}
