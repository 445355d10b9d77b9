/** One simulated cluster: a scheduler, a network, a namenode, datanodes and clients, all from one seed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { DfsClient } from '../../../shared/client/dfs-client.js'
import { type Log, silentLog } from '../../../shared/log.js'
import { type Random, seededRandom } from '../../../shared/random.js'
import { DatanodeProcess } from './datanode-process.js'
import { SimulatedDisk } from './disk.js'
import { Life } from './life.js'
import { NamenodeProcess } from './namenode-process.js'
import { SimulatedNetwork } from './network.js'
import { Scheduler } from './scheduler.js'
import { CLUSTER, clientHost } from './settings.js'

const GIBIBYTE = 2 ** 30

export interface WorldOptions {
  readonly seed: number
  readonly datanodes: number
  readonly racks: number
  /** Of each node, one after the other. */
  readonly volumes: readonly string[]
  /** Of each disk of a node, in the same way. */
  readonly diskBytes: readonly number[]
  /** 1: blocks are never moved for balance. */
  readonly balanceThreshold: number
  /** Upper bound of an ordinary message's travel time. */
  readonly latencyMs: number
  /** Log lines of all processes go into the trace. */
  readonly isVerbose?: boolean
}

export class World {
  readonly scheduler = new Scheduler()
  readonly random: Random
  readonly network: SimulatedNetwork
  readonly namenode: NamenodeProcess
  readonly datanodes: readonly DatanodeProcess[]
  /** Nodes that an operator may scrap at any moment: what is on their disks alone is not safe from faults. */
  readonly leaving = new Set<DatanodeProcess>()
  /** Replicas in which bits have turned: by node and block. */
  readonly turned = new Set<string>()
  /** Processes that ended by a bug of theirs. */
  readonly crashes: string[] = []
  readonly #folder: string
  readonly #options: WorldOptions

  constructor(options: WorldOptions) {
    this.#options = options
    this.random = seededRandom(options.seed)
    this.#folder = mkdtempSync(join(tmpdir(), 'dfs-simulation-'))
    const { scheduler } = this
    const random = () => seededRandom(this.random.below(2 ** 31))
    this.network = new SimulatedNetwork({ random: random(), latencyMs: options.latencyMs })
    const { network } = this
    const log = (life: Life) => this.#log(life)
    this.namenode = new NamenodeProcess({
      scheduler,
      network,
      random,
      log,
      folder: this.#folder,
      balanceThreshold: options.balanceThreshold,
      onFatal: (error) => this.crashes.push(`namenode: ${describe(error)}`),
    })
    this.datanodes = Array.from({ length: options.datanodes }, (_, index) => {
      const rack = `/rack-${index % options.racks}`
      const namenode = () => this.namenode.serving
      const volumes = options.volumes[index % options.volumes.length] ?? '/volume'
      const diskBytes = options.diskBytes[index % options.diskBytes.length] ?? GIBIBYTE
      const place = { index, rack, volumes, diskBytes }
      return new DatanodeProcess({ ...place, scheduler, network, random, log, namenode })
    })
  }

  start(): void {
    this.namenode.start()
    for (const datanode of this.datanodes) datanode.start()
  }

  /** A client on a host of its own, with the life that ends it. */
  client(index: number, user: string): { readonly client: DfsClient; readonly life: Life } {
    const life = new Life(`client-${index}`, this.scheduler)
    const seams = {
      clock: life.clock,
      random: seededRandom(this.random.below(2 ** 31)),
      network: this.network.of(life, clientHost(index)),
      disk: new SimulatedDisk(seededRandom(1)).of(life),
      log: this.#log(life),
    }
    return { client: DfsClient.connect({ fs: CLUSTER, user, seams }), life }
  }

  /** Ends all processes and removes the folder. */
  async close(): Promise<void> {
    for (const datanode of this.datanodes) datanode.kill()
    let isClosed = false
    const closing = this.namenode.close().then(() => {
      isClosed = true
    })
    const hasEnded = await this.scheduler.run(() => isClosed, 600_000)
    if (hasEnded) await closing
    else this.crashes.push('the namenode could not be closed')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #log(life: Life): Log {
    if (this.#options.isVerbose !== true) return silentLog
    const write = (fields: object, event: string) =>
      this.scheduler.note(`${life.name}: ${event} ${describe(fields)}`)
    const log: Log = {
      debug: () => {},
      info: write,
      warn: write,
      error: write,
      child: () => log,
    }
    return log
  }
}

/** Never throws, whatever is in it: a log line must not change what happens. */
function describe(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY })
}
