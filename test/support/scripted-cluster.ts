/** Block management with scripted datanodes and a scripted namespace, on a clock that moves when told. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NamenodeConfig } from '../../namenode/config.js'
import { type BlockManagement, openBlockManagement } from '../../namenode/open-block-management.js'
import type { BlockRecord } from '../../namenode/service/namespace/namespace-model.js'
import { systemDisk } from '../../shared/disk.js'
import type { BlockId } from '../../shared/ids.js'
import { silentLog } from '../../shared/log.js'
import { systemNetwork } from '../../shared/network.js'
import { seededRandom } from '../../shared/random.js'
import type { Seams } from '../../shared/seams.js'
import { FakeClock } from './fake-clock.js'
import { testNamenodeConfig } from './namenode-config.js'
import { ReplicaNode, type ReplicaNodeOptions } from './replica-node.js'
import { ScriptedNamespace } from './scripted-namespace.js'

/** How long a copy may take, and a deleted block is remembered without a replica. */
export const LINGER_MS = 10_000
export const HEARTBEAT_MS = 1_000
export const STALE_MS = 5_000
export const DEAD_MS = 20_000

export class ScriptedCluster {
  readonly clock = new FakeClock()
  readonly namespace = new ScriptedNamespace()
  readonly datanodes = new Map<string, ReplicaNode>()
  readonly folder: string
  management: BlockManagement
  /** Nodes that send no heartbeats. */
  readonly silent = new Set<string>()
  readonly seams: Seams
  #overrides: Partial<NamenodeConfig>

  private constructor(
    folder: string,
    management: BlockManagement,
    parts: Pick<ScriptedCluster, 'clock' | 'namespace' | 'seams'>,
    overrides: Partial<NamenodeConfig>,
  ) {
    this.folder = folder
    this.management = management
    this.clock = parts.clock
    this.namespace = parts.namespace
    this.seams = parts.seams
    this.#overrides = overrides
  }

  static async start(
    options: {
      seed?: number
      namespace?: ScriptedNamespace
      config?: Partial<NamenodeConfig>
    } = {},
  ): Promise<ScriptedCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'dfs-blocks-'))
    const clock = new FakeClock()
    const namespace = options.namespace ?? new ScriptedNamespace()
    const seams: Seams = {
      clock,
      random: seededRandom(options.seed ?? 1),
      network: systemNetwork,
      disk: systemDisk,
      log: silentLog,
    }
    const config = options.config ?? {}
    const management = await openBlockManagement({
      config: configuration(folder, config),
      seams,
      namespace: namespace.face(),
    })
    await clock.settle()
    return new ScriptedCluster(folder, management, { clock, namespace, seams }, config)
  }

  /** A new namenode process on the same folder: higher epoch, sessions gone. */
  /** @param how.losesMap its record of who holds what is gone, as after a power cut */
  async restartNamenode(how: { readonly losesMap?: boolean } = {}): Promise<void> {
    await this.management.close()
    if (how.losesMap === true) {
      for (const end of ['', '-wal', '-shm']) {
        await rm(join(this.folder, `replicas.db${end}`), { force: true })
      }
    }
    this.namespace.forgetListeners()
    this.namespace.epochNumber += 1
    this.management = await openBlockManagement({
      config: configuration(this.folder, this.#overrides),
      seams: this.seams,
      namespace: this.namespace.face(),
    })
    for (const node of this.datanodes.values()) {
      node.controlPlane = this.management.controlPlane
      node.session = undefined
    }
    await this.clock.settle()
  }

  node(name: string): ReplicaNode {
    const node = this.datanodes.get(name)
    if (node === undefined) throw new Error(`no datanode ${name}`)
    return node
  }

  async join(...nodes: (string | ReplicaNodeOptions)[]): Promise<void> {
    for (const given of nodes) {
      const options =
        typeof given === 'string' ? { name: given, port: 9000 + this.datanodes.size } : given
      const node = new ReplicaNode(this.management.controlPlane, options)
      node.peers = (uuid) => (this.silent.has(uuid) ? undefined : this.datanodes.get(uuid))
      this.datanodes.set(options.name, node)
      await node.join()
    }
    await this.clock.settle()
  }

  /** A committed block with replicas on these nodes. */
  async store(on: readonly string[], options: Partial<BlockRecord> = {}): Promise<BlockRecord> {
    // In the order of real life: a block is open until its replicas were reported.
    const open = this.namespace.addBlock({
      replication: on.length,
      ...options,
      state: 'under-construction',
    })
    for (const name of on) await this.node(name).receive(open)
    const block = this.namespace.change(open.id, { state: 'committed' })
    await this.clock.settle()
    return block
  }

  /** Lets time pass with heartbeats of all nodes that are not silent. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += HEARTBEAT_MS) {
      await this.clock.advance(HEARTBEAT_MS)
      for (const [name, node] of this.datanodes) {
        if (!this.silent.has(name) && node.session !== undefined) await node.heartbeat()
      }
      await this.clock.settle()
    }
  }

  holders(id: BlockId): string[] {
    return [...this.datanodes.values()]
      .filter((it) => it.replicas.has(id))
      .map((it) => it.uuid)
      .sort()
  }

  async close(): Promise<void> {
    await this.management.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** As every namenode of the tests, with the times and limits of the script. */
export function configuration(
  dataFolder: string,
  overrides: Partial<NamenodeConfig> = {},
): NamenodeConfig {
  return {
    ...testNamenodeConfig(dataFolder),
    clusterToken: 'secret',
    blockSizeBytes: 1024,
    trashIntervalMinutes: 60,
    liveness: { staleAfterMs: STALE_MS, deadAfterMs: DEAD_MS },
    heartbeatIntervalMs: HEARTBEAT_MS,
    completeWaitMs: 1_000,
    replicationLoopMs: 500,
    pendingCopyTimeoutMs: LINGER_MS,
    safeModeThreshold: 0.999,
    audit: { maxBytes: 0, reads: true },
    ...overrides,
  }
}
