/** Puts what is known of a block and its replicas into the words of a check. */
import { isBad } from '../../policy/judge-replica.js'
import type { Examined } from '../blocks/examination.js'
import type { HeldReplica } from '../blocks/replica-map.js'
import type { FileStatus } from '../namespace/namespace-model.js'
import type { FsckBlock, FsckProblem, FsckReplica } from './fsck-model.js'

export function describeBlock(
  { record, replicas, assessment }: Examined,
  pendingCopies: number,
): FsckBlock {
  const isCommitted = record.state === 'committed'
  const liveReplicas = assessment.liveCopies + assessment.staleCopies
  const risk = isCommitted ? assessment.risk : 'none'
  return {
    id: record.id,
    generationStamp: record.generationStamp,
    lengthBytes: record.lengthBytes,
    index: record.index,
    state: record.state,
    expectedReplicas: record.replication,
    liveReplicas,
    risk,
    pendingCopies,
    replicas: replicas.map(describeReplica),
    remark:
      risk === 'none' ? '' : remarkOn(record.replication, liveReplicas, replicas, pendingCopies),
  }
}

export function describeReplica(held: HeldReplica): FsckReplica {
  const { node } = held.storage
  return {
    datanodeUuid: node.uuid,
    hostname: node.hostname,
    address: `${node.addresses[0] ?? ''}:${node.transferPort}`,
    storageId: held.storageId,
    storageType: held.storageType,
    rack: held.rack,
    liveness: held.liveness,
    adminState: held.adminState,
    judgement: held.judgement,
    isConfirmed: held.isConfirmed,
    isLeaving: held.isLeaving,
  }
}

/** What is wrong with a file, worst first. */
export function problemsOf(status: FileStatus, blocks: readonly FsckBlock[]): FsckProblem[] {
  const some = (...risks: FsckBlock['risk'][]) => blocks.some((it) => risks.includes(it.risk))
  const problems: [FsckProblem, boolean][] = [
    ['missing', some('missing')],
    ['corrupt', blocks.some(hasCorrupt)],
    ['under-replicated', some('single-copy', 'badly-under', 'under')],
    ['badly-placed', some('badly-placed')],
    ['over-replicated', some('surplus')],
    ['open', status.isUnderConstruction],
  ]
  return problems.flatMap(([problem, applies]) => (applies ? [problem] : []))
}

/** A block with a bad replica on a node that is not dead. */
export function hasCorrupt(block: FsckBlock): boolean {
  return block.replicas.some((it) => it.judgement === 'corrupt' && it.liveness !== 'dead')
}

function remarkOn(
  target: number,
  live: number,
  replicas: readonly HeldReplica[],
  pendingCopies: number,
): string {
  const counts: [number, string][] = [
    [replicas.filter((it) => it.liveness === 'dead').length, 'on dead nodes'],
    [replicas.filter((it) => it.liveness !== 'dead' && isBad(it.judgement)).length, 'bad'],
    [replicas.filter((it) => it.isLeaving).length, 'being deleted'],
    [pendingCopies, 'being copied'],
  ]
  const particulars = counts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []))
  const start = `${live} of ${target} replicas are good`
  return particulars.length === 0 ? start : `${start}, ${particulars.join(', ')}`
}
