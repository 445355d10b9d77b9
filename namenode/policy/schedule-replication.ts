/**
 * Turns needs into copies: for each needed copy a source that may send and a target that may receive. Each chosen plan
 * is applied to this call's own budgets before the next is chosen, so that a batch does not pile onto one node. Plans
 * only: nothing here reserves or commands.
 */
import type { BlockId, DatanodeUuid, StorageId } from '../../shared/ids.js'
import type { Random } from '../../shared/random.js'
import type { AdminState } from './admin-state.js'
import type { ReplicaJudgement } from './judge-replica.js'
import type { Liveness } from './liveness.js'
import { type PlacementNode, placeReplicas } from './place-replicas.js'
import type { StoragePolicy } from './storage-policies.js'
import type { StorageType } from './storage-types.js'

export interface CopySource {
  readonly datanodeUuid: DatanodeUuid
  readonly storageId: StorageId
  readonly storageType: StorageType
  readonly liveness: Liveness
  readonly judgement: ReplicaJudgement
  readonly adminState: AdminState
  readonly isConfirmed: boolean
  /** Ordered to be deleted, or found wanting by a failed copy a short while ago. */
  readonly isDoubtful: boolean
}

export interface CopyNeed {
  readonly blockId: BlockId
  readonly lengthBytes: number
  readonly copies: number
  readonly policy: StoragePolicy
  /**
   * Every replica of the block, whatever it is worth: none of these nodes can be a target, but for those whose replica is
   * dead. A living node with a dead replica has lost a volume, and its others may take a copy.
   */
  readonly replicas: readonly CopySource[]
  /** Targets of pending copies, and nodes where a copy of this block failed a short while ago. */
  readonly excludedTargets: readonly DatanodeUuid[]
  /** All replicas are on one rack: a copy helps only on another one. */
  readonly isBadlyPlaced: boolean
}

/** Copies that a node may still start now. */
export interface CopyBudget {
  readonly outgoing: number
  readonly incoming: number
}

export interface CopyPlan {
  readonly blockId: BlockId
  readonly lengthBytes: number
  readonly source: DatanodeUuid
  readonly target: DatanodeUuid
  readonly targetStorageId: StorageId
}

export interface Schedule {
  readonly plans: readonly CopyPlan[]
  /** Blocks that did not get all their copies. `busy`: try again when a stream is free. */
  readonly postponed: readonly {
    readonly blockId: BlockId
    readonly reason: 'no-source' | 'no-target' | 'busy'
  }[]
}

export interface SchedulingQuestion {
  /** Worst first. */
  readonly needs: readonly CopyNeed[]
  readonly nodes: readonly PlacementNode[]
  readonly budgets: ReadonlyMap<DatanodeUuid, CopyBudget>
}

export function scheduleReplication(question: SchedulingQuestion, random: Random): Schedule {
  const budgets = new Map(question.budgets)
  let nodes = question.nodes
  const plans: CopyPlan[] = []
  const postponed: Schedule['postponed'][number][] = []
  for (const need of question.needs) {
    const made: CopyPlan[] = []
    while (made.length < need.copies) {
      const step = planOne(need, made, { nodes, budgets }, random)
      if (typeof step === 'string') {
        postponed.push({ blockId: need.blockId, reason: step })
        break
      }
      plans.push(step)
      made.push(step)
      spend(budgets, step.source, 'outgoing')
      spend(budgets, step.target, 'incoming')
      nodes = withLessRoom(nodes, step)
    }
  }
  return { plans, postponed }
}

interface View {
  readonly nodes: readonly PlacementNode[]
  readonly budgets: ReadonlyMap<DatanodeUuid, CopyBudget>
}

function planOne(
  need: CopyNeed,
  made: readonly CopyPlan[],
  view: View,
  random: Random,
): CopyPlan | 'no-source' | 'no-target' | 'busy' {
  const usable = rankSources(need.replicas)
  if (usable.length === 0) return 'no-source'
  const source = usable
    .filter((it) => (view.budgets.get(it.datanodeUuid)?.outgoing ?? 0) > 0)
    .toSorted((a, b) => outgoing(view, b) - outgoing(view, a))[0]
  if (source === undefined) return 'busy'

  const chosen = made.map((it) => it.target)
  const unavailable = new Set([...need.excludedTargets, ...chosen])
  for (const { liveness, datanodeUuid } of need.replicas) {
    if (liveness !== 'dead') unavailable.add(datanodeUuid)
  }
  // Racks are weighed by the replicas that last; one that leaves may be a source all the same.
  const good = need.replicas.filter(
    (it) => it.judgement === 'good' && it.liveness !== 'dead' && it.adminState === 'normal',
  )
  if (need.isBadlyPlaced) {
    const held = new Set(good.map((it) => it.datanodeUuid))
    const crowded = new Set(view.nodes.flatMap((it) => (held.has(it.uuid) ? [it.rack] : [])))
    for (const node of view.nodes) if (crowded.has(node.rack)) unavailable.add(node.uuid)
  }
  const place = (excluded: ReadonlySet<DatanodeUuid>) =>
    placeReplicas(
      {
        replicas: 1,
        blockSizeBytes: need.lengthBytes,
        writer: undefined,
        excluded,
        existing: [...new Set([...good.map((it) => it.datanodeUuid), ...chosen])],
        types: {
          policy: need.policy,
          existing: [...good, ...made.map((it) => targetOf(view, it))].map((it) => it.storageType),
          purpose: 'replication',
          mayUseAny: true,
        },
      },
      view.nodes,
      random,
    ).targets[0]
  const busy = view.nodes.filter((it) => (view.budgets.get(it.uuid)?.incoming ?? 0) <= 0)
  const target = place(new Set([...unavailable, ...busy.map((it) => it.uuid)]))
  if (target === undefined) return place(unavailable) === undefined ? 'no-target' : 'busy'
  return {
    blockId: need.blockId,
    lengthBytes: need.lengthBytes,
    source: source.datanodeUuid,
    target: target.datanodeUuid,
    targetStorageId: target.storageId,
  }
}

function targetOf({ nodes }: View, plan: CopyPlan): { readonly storageType: StorageType } {
  const node = nodes.find((it) => it.uuid === plan.target)
  const storage = node?.storages.find((it) => it.storageId === plan.targetStorageId)
  return { storageType: storage?.type ?? 'DISK' }
}

/**
 * The sources of the best class that exists: confirmed on live nodes, else unconfirmed, else on silent nodes, else
 * doubtful ones. Better a busy good source later than a poor one now, hence one class only. Bad ones are never sources.
 */
function rankSources(replicas: readonly CopySource[]): readonly CopySource[] {
  const good = replicas.filter((it) => it.judgement === 'good' && it.liveness !== 'dead')
  const rank = (it: CopySource) =>
    (it.isDoubtful ? 4 : 0) + (it.liveness === 'live' ? 0 : 2) + (it.isConfirmed ? 0 : 1)
  const best = Math.min(...good.map(rank))
  return good.filter((it) => rank(it) === best)
}

function outgoing(view: View, source: CopySource): number {
  return view.budgets.get(source.datanodeUuid)?.outgoing ?? 0
}

function spend(
  budgets: Map<DatanodeUuid, CopyBudget>,
  uuid: DatanodeUuid,
  direction: keyof CopyBudget,
): void {
  const budget = budgets.get(uuid)
  if (budget !== undefined) budgets.set(uuid, { ...budget, [direction]: budget[direction] - 1 })
}

function withLessRoom(nodes: readonly PlacementNode[], plan: CopyPlan): readonly PlacementNode[] {
  return nodes.map((node) =>
    node.uuid !== plan.target
      ? node
      : {
          ...node,
          activeTransfers: node.activeTransfers + 1,
          storages: node.storages.map((it) =>
            it.storageId === plan.targetStorageId
              ? { ...it, remainingBytes: it.remainingBytes - plan.lengthBytes }
              : it,
          ),
        },
  )
}
