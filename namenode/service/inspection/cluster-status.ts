/** What is at risk now, since when and why it is not repaired yet; and the story of one block. For people and pagers. */
import type { Clock } from '../../../shared/clock.js'
import type { BlockId } from '../../../shared/ids.js'
import { RISKS, type Risk } from '../../policy/assess-block.js'
import { type Health, judgeHealth, whyNotRepaired } from '../../policy/health.js'
import { checkSuperuser } from '../../policy/permissions.js'
import { whyUnfit } from '../../policy/place-replicas.js'
import type { RememberedSlow } from '../../policy/remember-slow.js'
import type { ReplicaAttentionStore } from '../../storage/replica-attention-store.js'
import type { Call } from '../access/call.js'
import type { BlockHistory } from '../blocks/block-history.js'
import type { BlockSweeps } from '../blocks/block-sweeps.js'
import type { ReplicationCopies } from '../blocks/replication-copies.js'
import type { StartupReadiness } from '../blocks/startup-readiness.js'
import { placementOf } from '../nodes/cluster-node.js'
import type { ClusterRegistry } from '../nodes/cluster-registry.js'
import type { SlowDisks } from '../nodes/slow-disks.js'
import type { BlockInquiry, FoundBlock } from './block-inquiry.js'

/** Risks that are named with examples, worst first. */
const NAMED_RISKS = ['missing', 'single-copy', 'badly-under', 'under', 'badly-placed'] as const
const EXAMPLES_PER_RISK = 20
const EVENTS_PER_BLOCK = 200

export interface EndangeredBlock {
  readonly block: BlockId
  readonly path: string | undefined
  readonly risk: Risk
  readonly goodCopies: number
  readonly target: number
  readonly since: string
  readonly why: string
}

export type NamedSlowStorage = Omit<RememberedSlow, 'lastSlowMs'> & {
  /** Host and address. */
  readonly node: string
}

export interface StatusReport {
  readonly health: Health
  readonly blocks: Readonly<Record<Risk, number>>
  readonly corruptBlocks: number
  /** The blocks of nodes that came or went have all been looked at: the counts are whole. */
  readonly isSettled: boolean
  readonly pendingCopies: number
  /** Blocks that wait for a copy. */
  readonly queuedBlocks: number
  /** At the pace of the last minute; undefined when there is none. */
  readonly remainingMs: number | undefined
  /** Disks that are slow compared with the others, slowest first; then those that were not long ago. */
  readonly slowStorages: readonly NamedSlowStorage[]
  /** Some of each risk. Paths only for a superuser. */
  readonly examples: readonly EndangeredBlock[]
}

export interface ClusterStatusOptions {
  readonly clock: Clock
  readonly registry: ClusterRegistry
  readonly slowDisks: SlowDisks
  readonly attention: ReplicaAttentionStore
  readonly copies: ReplicationCopies
  readonly sweeps: BlockSweeps
  readonly readiness: StartupReadiness
  readonly inquiry: BlockInquiry
  readonly history: BlockHistory
}

export class ClusterStatus {
  readonly #options: ClusterStatusOptions

  constructor(options: ClusterStatusOptions) {
    this.#options = options
  }

  report(call: Call, isInSafeMode: boolean): StatusReport {
    const { attention, copies, registry } = this.#options
    const blocks = Object.fromEntries(RISKS.map((it) => [it, attention.count(it)])) as Record<
      Risk,
      number
    >
    const absentNodes = registry
      .nodes()
      .filter((it) => it.liveness !== 'live' && it.adminState === 'normal').length
    const { corruptBlocks } = attention
    const lacking = blocks['single-copy'] + blocks['badly-under'] + blocks.under
    const queuedBlocks = Math.max(0, lacking + blocks['badly-placed'] - copies.size)
    return {
      health: judgeHealth({ blocks, corruptBlocks, absentNodes, isInSafeMode }),
      blocks,
      corruptBlocks,
      isSettled: this.#options.sweeps.isIdle,
      pendingCopies: copies.size,
      queuedBlocks,
      remainingMs: copies.estimateMs(queuedBlocks + copies.size),
      slowStorages: this.slowStorages(),
      examples: NAMED_RISKS.flatMap((risk) =>
        attention
          .entries(risk, EXAMPLES_PER_RISK)
          .flatMap(
            (it) => this.#describe(call, it.block, risk, it.sinceWallMs, queuedBlocks) ?? [],
          ),
      ),
    }
  }

  slowStorages(): readonly NamedSlowStorage[] {
    return this.#options.slowDisks.current.map(({ lastSlowMs: _, ...it }) => ({
      ...it,
      node: this.#nameOf(it.datanodeUuid),
    }))
  }

  /**
   * A block with what is recorded of its past.
   * @throws DfsError PERMISSION_DENIED
   */
  explain(call: Call, id: BlockId) {
    checkSuperuser(call.principal, 'explain')
    const { inquiry, history, attention } = this.#options
    const found = inquiry.find(id)
    const entry = attention.get(id)
    const events = history.of(id, EVENTS_PER_BLOCK).map(({ atWallMs, kind, node, detail }) => ({
      at: new Date(atWallMs).toISOString(),
      kind,
      node: this.#nameOf(node),
      detail,
    }))
    const why = found === undefined || entry === undefined ? '' : this.#why(found, 0)
    return { block: id, now: found, why, events }
  }

  #describe(
    call: Call,
    id: BlockId,
    risk: Risk,
    sinceWallMs: number,
    queued: number,
  ): EndangeredBlock | undefined {
    const found = this.#options.inquiry.find(id)
    if (found === undefined) return undefined
    return {
      block: id,
      path: call.principal.isSuperuser ? found.path : undefined,
      risk,
      goodCopies: found.liveReplicas,
      target: found.expectedReplicas,
      since: new Date(sinceWallMs).toISOString(),
      why: this.#why(found, queued),
    }
  }

  #why(found: FoundBlock, queued: number): string {
    const holders = new Set(found.replicas.map((it) => it.datanodeUuid))
    const good = found.replicas.filter((it) => it.judgement === 'good')
    return whyNotRepaired({
      risk: found.risk,
      mayCopy: this.#options.readiness.current.mayCopy,
      pendingCopies: found.pendingCopies,
      readableReplicas: good.filter((it) => it.liveness !== 'dead').length,
      replicasOnDeadNodes: found.replicas.filter((it) => it.liveness === 'dead').length,
      possibleTargets: this.#options.registry
        .nodes()
        .filter((it) => !holders.has(it.uuid))
        .filter((it) => whyUnfit(placementOf(it, 0), found.lengthBytes) === undefined).length,
      queued,
    })
  }

  /** `host (address)` for people; the UUID of a node that nobody knows any more. */
  #nameOf(uuid: string): string {
    const node = this.#options.registry.nodes().find((it) => it.uuid === uuid)
    return node === undefined
      ? uuid
      : `${node.hostname} (${node.addresses[0]}:${node.transferPort})`
  }
}
