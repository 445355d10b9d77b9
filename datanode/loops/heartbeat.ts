/** The pulse of a node: registers, then reports its room and load in each interval and takes the commands that come back. */
import { BackgroundLoop, type TickOutcome } from '../../shared/background-loop.js'
import { CONTROL_PATHS, HeartbeatReply, type StorageReport } from '../../shared/control/messages.js'
import { toDfsError } from '../../shared/errors.js'
import type { Seams } from '../../shared/seams.js'
import type { Volume } from '../blocks/volume.js'
import type { CommandExecutor } from './command-executor.js'
import type { NamenodeSession } from './namenode-session.js'

/** Below the namenode's patience with a silent node, so that a lost answer costs one beat. */
const HEARTBEAT_TIMEOUT_MS = 5_000
const RETRY_MS = 200
const MAX_OUTCOMES = 10_000
/** Right after its start a node whose namenode is not there yet knocks this often: both are starting, and quickly. */
const KNOCK_INTERVAL_MS = 20
const MAX_KNOCKS = 250

export interface HeartbeatLoopOptions {
  readonly session: NamenodeSession
  readonly executor: CommandExecutor
  readonly volumes: readonly Volume[]
  readonly activeTransfers: () => number
  readonly seams: Seams
}

export class HeartbeatLoop {
  readonly #options: HeartbeatLoopOptions
  readonly #loop: BackgroundLoop
  #knocks = 0

  constructor(options: HeartbeatLoopOptions) {
    this.#options = options
    const { clock, log } = options.seams
    this.#loop = new BackgroundLoop({
      name: 'heartbeat',
      clock,
      retryAfterMs: RETRY_MS,
      onError: (error, { failures }) => {
        const fields = { err: toDfsError(error), failures }
        // A namenode that starts after its datanodes is no news; one that stays away is.
        if (failures % 10 === 3) log.warn(fields, 'namenode out of reach')
        else log.debug(fields, 'heartbeat failed')
      },
      tick: () => this.#tick(),
    })
  }

  start(): this {
    this.#loop.start()
    return this
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Sends the next heartbeat at once. */
  wake(): void {
    this.#loop.wake()
  }

  async #tick(): Promise<TickOutcome> {
    const { session, executor, volumes, activeTransfers } = this.#options
    const isKnown = session.agreement !== undefined && !session.hasMoved
    if (!isKnown && (await this.#knock()) === 'nobody there') {
      return { kind: 'idle', forMs: KNOCK_INTERVAL_MS }
    }
    const { agreement } = session
    if (agreement === undefined) return { kind: 'again' }
    const outcomes = executor.outcomes(MAX_OUTCOMES)
    const body = {
      storages: volumes.map(storageReport),
      activeTransfers: activeTransfers(),
      outcomes,
    }
    try {
      const reply = await session.send(
        'heartbeat',
        CONTROL_PATHS.heartbeat,
        body,
        HeartbeatReply,
        HEARTBEAT_TIMEOUT_MS,
      )
      executor.forget(outcomes)
      await session.checkEpoch(reply.epoch)
      executor.accept(reply.commands)
    } catch (error) {
      // The namenode has restarted: the next turn registers.
      if (toDfsError(error).code === 'UNREGISTERED_DATANODE') return { kind: 'again' }
      throw error
    }
    return { kind: 'idle', forMs: agreement.heartbeatIntervalMs }
  }

  /** Registers; in the first seconds of a node a closed port is no failure. */
  async #knock(): Promise<'registered' | 'nobody there'> {
    try {
      await this.#options.session.register()
      this.#knocks = MAX_KNOCKS
      return 'registered'
    } catch (error) {
      if (toDfsError(error).code !== 'CONNECTION_REFUSED' || this.#knocks >= MAX_KNOCKS) throw error
      this.#knocks += 1
      return 'nobody there'
    }
  }
}

/** From memory only: a hung disk must not stop the pulse. */
export function storageReport(volume: Volume): StorageReport {
  return {
    storageId: volume.storageId,
    type: volume.type,
    hasFailed: volume.hasFailed,
    capacityBytes: volume.capacityBytes,
    usedBytes: Math.max(0, volume.usedBytes),
    remainingBytes: volume.remainingBytes,
    blockCount: Math.max(0, volume.blockCount),
    latencies: volume.disk.recentLatencies(),
  }
}
