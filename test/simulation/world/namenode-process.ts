/**
 * A namenode under the scheduler: the real stores on real SQLite files (which are synchronous, so they need no seed), the
 * real services, loops and RPC face. Only fastify is left out: the control calls behind it are called directly.
 *
 * A kill copies the folder as it is at that moment, which is what the system would leave (power-cut.ts: less of it), and
 * the next life starts from the copy; the old one is cut off from the world and closed, so that no handle is left behind.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ControlCall, controlCalls } from '../../../namenode/http/control-routes.js'
import {
  type BlockManagement,
  openBlockManagement,
} from '../../../namenode/open-block-management.js'
import { namenodeProtocols } from '../../../namenode/rpc/protocols.js'
import { Audit } from '../../../namenode/service/access/audit.js'
import type { StoredNamespace } from '../../../namenode/service/namespace/namespace-facade.js'
import { namespacePaths } from '../../../namenode/service/namespace/namespace-folder.js'
import { openNamespace } from '../../../namenode/service/namespace/open-namespace.js'
import { openServices } from '../../../namenode/service/open-services.js'
import type { NamenodeServices } from '../../../namenode/service/services.js'
import { IpcServer } from '../../../shared/hadoop/ipc-server.js'
import type { Log } from '../../../shared/log.js'
import type { Random } from '../../../shared/random.js'
import type { Seams } from '../../../shared/seams.js'
import { ShutdownStack } from '../../../shared/shutdown-stack.js'
import { Life } from './life.js'
import type { SimulatedNetwork } from './network.js'
import { copyAfterPowerCut, copyFolder } from './power-cut.js'
import { realFiles } from './real-files.js'
import type { Scheduler } from './scheduler.js'
import { NAMENODE_HOST, simulatedNamenodeConfig } from './settings.js'
import { atNextCommit, durableLogBytes, forgetLogs, inheritLog } from './sqlite.js'

export interface ServingNamenode {
  readonly life: Life
  readonly namespace: StoredNamespace
  readonly management: BlockManagement
  readonly services: NamenodeServices
  readonly calls: readonly ControlCall[]
}

export interface NamenodeProcessOptions {
  readonly scheduler: Scheduler
  readonly network: SimulatedNetwork
  readonly random: () => Random
  readonly log: (life: Life) => Log
  /** A folder of the machine in which each life gets a folder of its own. */
  readonly folder: string
  readonly balanceThreshold: number
  /** The process found that it cannot go on. */
  readonly onFatal: (error: unknown) => void
}

export class NamenodeProcess {
  readonly #options: NamenodeProcessOptions
  #lives = 0
  #folder: string
  #life: Life | undefined
  #serving: ServingNamenode | undefined
  #starting: Promise<void> | undefined
  /** Ends of earlier lives, which happen beside the world. */
  readonly #closing: Promise<void>[] = []
  readonly #stacks = new Map<Life, ShutdownStack>()
  readonly #random: Random
  /** What callers were, or were about to be, told of. */
  #lastAnswered = 0
  #recordAtStart = Buffer.alloc(0)

  constructor(options: NamenodeProcessOptions) {
    this.#options = options
    this.#random = options.random()
    this.#folder = join(options.folder, 'namenode-0')
    mkdirSync(this.#folder, { recursive: true })
  }

  /** undefined while no namenode accepts calls. */
  get serving(): ServingNamenode | undefined {
    return this.#serving
  }

  get isRunning(): boolean {
    return this.#life !== undefined
  }

  start(): void {
    const { scheduler } = this.#options
    this.#lives += 1
    const life = new Life(`namenode#${this.#lives}`, scheduler)
    this.#life = life
    scheduler.note(`${life.name} starts`)
    const record = namespacePaths(this.#folder).record
    this.#recordAtStart = existsSync(record) ? readFileSync(record) : Buffer.alloc(0)
    // Known before it begins: the power may fail in its first commit, or before it, and then the folder is another one's.
    const folder = this.#folder
    this.#starting = Promise.resolve()
      .then(() => this.#open(life, folder))
      .catch((error: unknown) => {
        if (life.isAlive) this.#options.onFatal(error)
      })
  }

  /** As kill -9. */
  kill(): void {
    const life = this.#life
    if (life === undefined) return
    this.#options.scheduler.note(`${life.name} is killed`)
    this.#end(life, (next) => copyFolder(this.#folder, next))
  }

  /** As SIGSTOP. */
  freeze(): void {
    this.#options.scheduler.note('the namenode is frozen')
    this.#life?.freeze()
  }

  thaw(): void {
    this.#options.scheduler.note('the namenode goes on')
    this.#life?.thaw()
  }

  /** The machine loses its power. @param syncedBytes of the namespace's write-ahead log; default: what was synced */
  cutPower(syncedBytes = durableLogBytes(namespacePaths(this.#folder).database)): void {
    const { scheduler, network } = this.#options
    scheduler.note('the namenode loses power')
    network.switchOff(NAMENODE_HOST)
    const life = this.#life
    if (life === undefined) return
    const cut = { syncedBytes, recordAtStart: this.#recordAtStart, random: this.#random }
    this.#end(life, (next) => copyAfterPowerCut(this.#folder, next, cut))
  }

  /** The power fails inside the next commit, of which nothing is synced. @returns takes it back, if it did not happen */
  cutPowerInCommit(): () => void {
    const path = namespacePaths(this.#folder).database
    atNextCommit(path, (syncedBytes) => this.cutPower(syncedBytes))
    return () => atNextCommit(path, undefined)
  }

  powerOn(): void {
    this.#options.network.switchOn(NAMENODE_HOST)
    if (!this.isRunning) this.start()
  }

  #end(life: Life, copyTo: (folder: string) => void): void {
    const next = join(this.#options.folder, `namenode-${this.#lives}`)
    mkdirSync(next)
    copyTo(next)
    const durableBytes = durableLogBytes(namespacePaths(this.#folder).database)
    inheritLog(namespacePaths(next).database, durableBytes)
    this.#folder = next
    this.#life = undefined
    this.#serving = undefined
    life.end('ghost')
    this.#closing.push(this.#bury(life))
  }

  /** Ends the present life and waits for the ends of all. */
  async close(): Promise<void> {
    this.kill()
    await Promise.all(this.#closing)
    forgetLogs()
  }

  /** Where the newest life keeps its files. */
  get folder(): string {
    return this.#folder
  }

  async #bury(life: Life): Promise<void> {
    await this.#starting
    const stack = this.#stacks.get(life)
    this.#stacks.delete(life)
    await stack?.closeAll()
  }

  async #open(life: Life, folder: string): Promise<void> {
    const { network, random, log, balanceThreshold } = this.#options
    const config = simulatedNamenodeConfig(folder, balanceThreshold)
    const seams: Seams = {
      clock: life.clock,
      random: random(),
      network: network.of(life, NAMENODE_HOST),
      disk: realFiles(life),
      log: log(life),
    }
    const stack = new ShutdownStack()
    this.#stacks.set(life, stack)
    const onFatal = (error: unknown) => {
      if (life.isAlive) this.#options.onFatal(error)
    }
    const namespace = stack.use(
      'namespace',
      await openNamespace({ config, seams, writer: 'inline', onFatal }),
      (it) => it.close(),
    )
    const found = namespace.lastTransactionId()
    if (found < this.#lastAnswered) {
      onFatal(new Error(`P1: ${this.#lastAnswered} was answered, the store ends at ${found}`))
    }
    namespace.onCommitted(({ transactionId }) => {
      if (life.isAlive) this.#lastAnswered = transactionId
    })
    const management = stack.use(
      'block management',
      await openBlockManagement({ config, seams, namespace }),
      (it) => it.close(),
    )
    const services = await openServices({
      audit: await Audit.open({ ...seams, dataFolder: folder, maxBytes: 0, reads: true }),
      config,
      clock: seams.clock,
      log: seams.log,
      namespace,
      blockManager: management.blockManager,
      leaseRecovery: management,
      administration: management.administration,
      forgetting: management.forgetting,
      lossForecasts: management.lossForecasts,
      status: management.status,
      missingBlocksAfter: (after, limit) => management.missingBlocksAfter(after, limit),
      namenodeAddresses: new Set([NAMENODE_HOST]),
      runProgram: async () => '',
      writeLogFile: async () => undefined,
      readSystemFile: async () => '',
    })
    const server = new IpcServer({
      seams,
      protocols: namenodeProtocols(services),
      aroundCalls: (take) => namespace.readTogether(take),
    })
    const listener = await server.listen({ host: NAMENODE_HOST, port: config.rpcPort })
    stack.use('rpc', listener, (it) => it.close())
    if (!life.isAlive) return
    this.#options.scheduler.note(`${life.name} serves, epoch ${namespace.identity.epoch}`)
    const calls = controlCalls(management.controlPlane)
    this.#serving = { life, namespace, management, services, calls }
  }
}
