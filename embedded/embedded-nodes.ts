/** One namenode or datanode inside this process: it can end, come back with its data and its ports, and be harmed. */
import type { DatanodeConfig, NamenodePlace } from '../datanode/config.js'
import { type RunningDatanode, startDatanode } from '../datanode/start-datanode.js'
import type { NamenodeConfig } from '../namenode/config.js'
import { type RunningNamenode, startNamenode } from '../namenode/start-namenode.js'
import { present } from '../shared/assert.js'
import { DfsError, toDfsError } from '../shared/errors.js'
import type { Seams } from '../shared/seams.js'
import { type Damage, damageReplica, type ReplicaPaths } from './damage.js'

export class EmbeddedNamenode {
  readonly #seams: Seams
  #config: NamenodeConfig
  #running: RunningNamenode | undefined

  constructor(config: NamenodeConfig, seams: Seams) {
    this.#config = config
    this.#seams = seams
  }

  get rpcPort(): number {
    return this.#config.rpcPort
  }

  get httpPort(): number {
    return this.#config.httpPort
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Starts it again, or for the first time, with the data and ports that it had. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#running = await startNamenode(this.#config, this.#seams)
    const { rpcPort, httpPort } = this.#running
    this.#config = { ...this.#config, rpcPort, httpPort }
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.close()
  }

  /** As `kill -9` would end it: nothing is finished, connections break. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.kill()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }
}

/** Finds the ids of a file's blocks. */
type FindBlocks = (path: string) => Promise<readonly number[]>

export interface ClusterOfDatanode {
  /** Resolves when the namenode has its ports, which it keeps. */
  readonly namenode: Promise<NamenodePlace>
  readonly findBlocks: FindBlocks
}

export class EmbeddedDatanode {
  readonly name: string
  readonly #seams: Seams
  readonly #findBlocks: FindBlocks
  readonly #namenode: Promise<NamenodePlace>
  readonly #asked: DatanodeConfig
  #config: DatanodeConfig
  #running: RunningDatanode | undefined
  /** The last run: tells where replicas are also while the node is down. */
  #latest: RunningDatanode | undefined
  #isPaused = false

  constructor(name: string, config: DatanodeConfig, seams: Seams, cluster: ClusterOfDatanode) {
    this.name = name
    this.#asked = config
    this.#config = config
    this.#seams = seams
    this.#namenode = cluster.namenode
    this.#findBlocks = cluster.findBlocks
  }

  get uuid(): string {
    return present(this.#latest, `${this.name} has been started`).uuid
  }

  get transferPort(): number {
    return this.#config.transferPort
  }

  get httpPort(): number {
    return this.#config.httpPort
  }

  get ipcPort(): number {
    return this.#config.ipcPort
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The folders of its volumes. */
  get dataFolders(): readonly string[] {
    return this.#config.volumes.map(({ path }) => path)
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    this.#running = await this.#startWhereItWas()
    this.#latest = this.#running
    const { transferPort, httpPort, ipcPort } = this.#running
    this.#config = { ...this.#config, transferPort, httpPort, ipcPort }
  }

  /** Ports that nobody asked for may be somebody else's by now: then it takes others, as at its first start. */
  async #startWhereItWas(): Promise<RunningDatanode> {
    const surroundings = { namenode: this.#namenode }
    try {
      return await startDatanode(this.#config, this.#seams, surroundings)
    } catch (error) {
      const { transferPort, httpPort, ipcPort } = this.#asked
      const isFree = [transferPort, httpPort, ipcPort].includes(0)
      if (toDfsError(error).code !== 'PORT_IN_USE' || !isFree) throw error
      const free = { ...this.#config, transferPort, httpPort, ipcPort }
      return await startDatanode(free, this.#seams, surroundings)
    }
  }

  async stop(): Promise<void> {
    this.resume()
    const running = this.#running
    this.#running = undefined
    await running?.close()
  }

  /** As `kill -9` would end it: nothing is flushed or finished, connections break. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    this.#isPaused = false
    await running?.kill()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** As SIGSTOP: no heartbeats, sockets stay open and silent. */
  pause(): void {
    if (this.#isPaused) return
    present(this.#running, `${this.name} is running`).pause()
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#running?.resume()
  }

  /** Files of the replicas that it holds of a block. */
  replicaPaths(blockId: number): readonly ReplicaPaths[] {
    return present(this.#latest, `${this.name} has been started`).replicaPaths(blockId)
  }

  /**
   * Harms its replica of a block, or of the first block of a file of which it has one, behind its back.
   * @throws DfsError REPLICA_NOT_FOUND when it holds none
   */
  async corrupt(target: number | string, damage: Damage = 'data'): Promise<void> {
    const blockIds = typeof target === 'number' ? [target] : await this.#findBlocks(target)
    for (const blockId of blockIds) {
      const paths = this.replicaPaths(blockId)[0]
      if (paths !== undefined) return await damageReplica(paths, damage)
    }
    throw new DfsError('REPLICA_NOT_FOUND', `${this.name} holds no replica of ${target}`)
  }
}
