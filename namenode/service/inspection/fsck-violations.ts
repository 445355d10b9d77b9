/** Our own promises about files and blocks (reliability A2), checked from the outside. */
import type { AttentionRow } from '../../storage/replica-attention-store.js'
import type { Examined } from '../blocks/examination.js'
import type { BlockRecord, FileStatus } from '../namespace/namespace-model.js'
import type { FsckViolation } from './fsck-model.js'

/** I6: a block belongs to one file, blocks are numbered without gaps, and a closed file is as long as its blocks. */
export function violationsOfFile(
  path: string,
  status: FileStatus,
  blocks: readonly BlockRecord[],
): FsckViolation[] {
  const violations: FsckViolation[] = []
  const add = (message: string, block?: BlockRecord) =>
    violations.push({ kind: 'violation', invariant: 'I6', path, blockId: block?.id, message })
  for (const [position, block] of blocks.entries()) {
    if (block.inodeId !== status.id) {
      add(`block ${block.id} belongs to inode ${block.inodeId}, not to ${status.id}`, block)
    }
    if (block.index !== position) add(`block ${block.id} is number ${block.index}`, block)
    if (!status.isUnderConstruction && block.state !== 'committed') {
      add(`block ${block.id} of a closed file is still open`, block)
    }
  }
  const sum = blocks.reduce((total, it) => total + it.lengthBytes, 0)
  if (!status.isUnderConstruction && sum !== status.lengthBytes) {
    add(`the file has ${status.lengthBytes} bytes, its blocks have ${sum}`)
  }
  return violations
}

/** I7: what lacks replicas is on record for repair. I8: no deletion was ordered that could take the last good one. */
export function violationsOfBlock(
  path: string,
  { record, replicas, assessment }: Examined,
  attention: AttentionRow | undefined,
): FsckViolation[] {
  if (record.state !== 'committed') return []
  const violations: FsckViolation[] = []
  const lacks = assessment.liveCopies + assessment.staleCopies < record.replication
  if (lacks && assessment.risk !== 'none' && attention === undefined) {
    violations.push({
      kind: 'violation',
      invariant: 'I7',
      path,
      blockId: record.id,
      message: `block ${record.id} is ${assessment.risk} but not on record for repair`,
    })
  }
  const good = replicas.filter((it) => it.judgement === 'good')
  if (good.length > 0 && good.every((it) => it.isLeaving)) {
    violations.push({
      kind: 'violation',
      invariant: 'I8',
      path,
      blockId: record.id,
      message: `all good replicas of block ${record.id} are ordered to be deleted`,
    })
  }
  return violations
}
