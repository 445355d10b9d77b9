/**
 * A block management that does as it is told: nodes with one storage each, replicas that exist when a test says so. For
 * tests of what stands above it; its own rules have their own tests.
 */
import type {
  BlockManager,
  DatanodeView,
  Replica,
  TargetRequest,
  WriteReadiness,
} from '../../namenode/service/blocks/block-manager.js'
import type { ReplicaTarget } from '../../namenode/service/namespace/namespace-model.js'
import {
  type Block,
  type BlockId,
  type DatanodeUuid,
  datanodeUuid,
  storageId,
} from '../../shared/ids.js'

const GIBIBYTE = 2 ** 30

/** Node `index` (from 1) has UUID `node-1`, address 10.0.0.1 and ports 9866, 9864, 9867. */
export function datanodeView(index: number, change: Partial<DatanodeView> = {}): DatanodeView {
  return {
    uuid: datanodeUuid(`node-${index}`),
    hostname: `host-${index}`,
    answersToHostname: true,
    addresses: [`10.0.0.${index}`],
    advertised: [],
    transferPort: 9866,
    httpPort: 9864,
    ipcPort: 9867,
    rack: '/default-rack',
    softwareVersion: 'test',
    liveness: 'live',
    adminState: 'normal',
    lastHeartbeatWallMs: 1_700_000_000_000,
    lastFullReportWallMs: 1_700_000_000_000,
    activeTransfers: 0,
    storages: [
      {
        storageId: storageId(`DS-${index}`),
        type: 'DISK',
        hasFailed: false,
        capacityBytes: 100 * GIBIBYTE,
        usedBytes: GIBIBYTE,
        remainingBytes: 90 * GIBIBYTE,
        blockCount: 7,
        isSlow: false,
      },
    ],
    isConfirmed: true,
    ...change,
  }
}

export class ScriptedBlockManager implements BlockManager {
  nodes: DatanodeView[]
  readiness: WriteReadiness = { kind: 'ready' }
  readonly copyLimits: number[] = []
  readonly expected: { readonly block: Block; readonly targets: readonly ReplicaTarget[] }[] = []
  readonly suspected: { readonly blockId: BlockId; readonly datanode: DatanodeUuid }[] = []
  readonly lost: DatanodeUuid[] = []
  readonly targetRequests: TargetRequest[] = []
  readonly #replicas = new Map<BlockId, Replica[]>()
  readonly #stored = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()
  /** When true, every replica counts as stored the moment it is asked for. */
  storesAtOnce = true

  constructor(nodeCount: number) {
    this.nodes = Array.from({ length: nodeCount }, (_, index) => datanodeView(index + 1))
  }

  replicaOn(node: DatanodeView, state: Replica['state'] = 'finalized'): Replica {
    const storage = node.storages[0]!
    return { datanode: node, storageId: storage.storageId, storageType: storage.type, state }
  }

  /** Says what `locate` answers. */
  place(blockId: BlockId, replicas: Replica[]): void {
    this.#replicas.set(blockId, replicas)
  }

  /** Reports `count` finalized replicas of exactly this block: ends waits for it. */
  store(block: Block, count: number): void {
    this.#stored.set(key(block), count)
    for (const wake of this.#waiting.get(key(block)) ?? []) wake()
    this.#waiting.delete(key(block))
  }

  isAwaited(block: Block): boolean {
    return this.#waiting.has(key(block))
  }

  chooseTargets(request: TargetRequest): readonly Replica[] {
    this.targetRequests.push(request)
    const usable = this.nodes.filter(
      (it) =>
        it.liveness === 'live' &&
        !request.excluded.has(it.uuid) &&
        !request.existing.includes(it.uuid),
    )
    return usable.slice(0, request.replicas).map((it) => this.replicaOn(it, 'being-written'))
  }

  writerLost(datanodes: Iterable<DatanodeUuid>): void {
    this.lost.push(...datanodes)
  }

  expectReplicas(block: Block, targets: readonly ReplicaTarget[]): void {
    this.expected.push({ block, targets })
    const nodes = targets.flatMap((it) => this.findDatanode(it.datanodeUuid) ?? [])
    this.place(
      block.id,
      nodes.map((it) => this.replicaOn(it, 'being-written')),
    )
  }

  locate(block: Block) {
    const replicas = this.#replicas.get(block.id) ?? []
    const isCorrupt = replicas.length > 0 && replicas.every((it) => it.state === 'corrupt')
    return { replicas, isCorrupt }
  }

  async waitForReplicas(block: Block, minimum: number, timeoutMs: number): Promise<number> {
    const stored = this.storesAtOnce ? minimum : (this.#stored.get(key(block)) ?? 0)
    if (stored >= minimum || timeoutMs === 0) return stored
    await new Promise<void>((resolve) => {
      this.#waiting.set(key(block), [...(this.#waiting.get(key(block)) ?? []), resolve])
    })
    return this.#stored.get(key(block)) ?? 0
  }

  suspectReplica(blockId: BlockId, datanode: DatanodeUuid): void {
    this.suspected.push({ blockId, datanode })
  }

  limitCopies(bytesPerSecond: number): void {
    this.copyLimits.push(bytesPerSecond)
  }

  datanodes(): readonly DatanodeView[] {
    return this.nodes
  }

  isDatanodeAddress(address: string): boolean {
    return this.nodes.some((it) => it.addresses.includes(address))
  }

  findDatanode(name: string): DatanodeView | undefined {
    return this.nodes.find(
      (it) => it.uuid === name || it.addresses.some((at) => `${at}:${it.transferPort}` === name),
    )
  }

  statistics() {
    const sum = (of: (storage: DatanodeView['storages'][number]) => number) =>
      this.nodes.flatMap((it) => it.storages).reduce((total, it) => total + of(it), 0)
    const count = (liveness: DatanodeView['liveness']) =>
      this.nodes.filter((it) => it.liveness === liveness).length
    return {
      capacityBytes: sum((it) => it.capacityBytes),
      usedBytes: sum((it) => it.usedBytes),
      remainingBytes: sum((it) => it.remainingBytes),
      underReplicatedBlocks: 3,
      corruptBlocks: 1,
      missingBlocks: 2,
      pendingCopies: 4,
      pendingDeletions: 5,
      singleReplicaBlocks: 6,
      liveDatanodes: count('live'),
      staleDatanodes: count('stale'),
      deadDatanodes: count('dead'),
    }
  }

  writeReadiness(): WriteReadiness {
    return this.readiness
  }
}

function key(block: Block): string {
  return `${block.id}_${block.generationStamp}_${block.lengthBytes}`
}
