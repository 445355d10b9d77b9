/** The shorter answers of `/fsck`: missing blocks with their files, and single blocks, in the words of HDFS's fsck. */
import { type BlockId, blockId } from '../../shared/ids.js'
import { javaDate } from '../../shared/java-date.js'
import type { FoundBlock } from '../service/inspection/block-inquiry.js'
import type { CorruptFilesPage } from '../service/inspection/corrupt-files.js'
import type { FsckReplica } from '../service/inspection/fsck-model.js'

/** Java keeps the cookie in 32 bits: what is told is the distance from the first block id that is ever given out. */
const FIRST_BLOCK_ID = 2 ** 30
const MAX_BLOCKS_ASKED = 100

/** From the cookie of the web to that of the service. */
export function cookieOf(startBlockAfter: string | undefined): string {
  if (startBlockAfter === undefined || !/^\d{1,10}$/.test(startBlockAfter)) return '0'
  const distance = Number(startBlockAfter)
  return distance === 0 ? '0' : String(distance + FIRST_BLOCK_ID - 1)
}

/** One page of `-list-corruptfileblocks`; its client asks on until a page without blocks. */
export function corruptBlocksText(path: string, page: CorruptFilesPage, isFirst: boolean): string {
  const { blocks, cookie } = page
  const distance = cookie === '0' ? 0 : Number(cookie) - FIRST_BLOCK_ID + 1
  const lines = blocks.map((it) => `blk_${it.blockId}\t${it.replication}\t${it.path}\n`)
  const none = isFirst ? 'no' : 'no more'
  const count = blocks.length > 0 ? `${blocks.length}` : none
  return `Cookie:\t${distance}\n${lines.join('')}\n\nThe filesystem under path '${path}' has ${count} CORRUPT files\n\n`
}

/** `-blockId`: names as they were typed, between spaces. */
export function blocksText(
  names: string,
  find: (id: BlockId) => FoundBlock | undefined,
  who: { readonly user: string; readonly clientAddress: string; readonly wallMs: number },
  showMaintenance: boolean,
): string {
  const head = `FSCK started by ${who.user} (auth:SIMPLE) from /${who.clientAddress} at ${javaDate(who.wallMs)}\n`
  const asked = names
    .split(' ')
    .filter((it) => it !== '')
    .slice(0, MAX_BLOCKS_ASKED)
  return head + asked.map((it) => oneBlock(it, find, showMaintenance)).join('')
}

function oneBlock(
  name: string,
  find: (id: BlockId) => FoundBlock | undefined,
  showMaintenance: boolean,
): string {
  if (!name.includes('blk_')) return `Incorrect blockId format: ${name}\n`
  const id = /^blk_([1-9]\d{0,15})(_\d+(\.meta)?)?$/.exec(name)?.[1]
  const found = id === undefined ? undefined : find(blockId(Number(id)))
  if (found === undefined) return `\nBlock ${name} does not exist\n`
  const count = (test: (replica: FsckReplica) => boolean) => found.replicas.filter(test).length
  const inState = (state: FsckReplica['adminState']) => count((it) => it.adminState === state)
  return [
    '',
    `Block Id: ${name}`,
    `Block belongs to: ${found.path ?? (found.isKeptForUndo ? '(a deleted file that is kept for undo)' : '(a snapshot)')}`,
    `No. of Expected Replica: ${found.expectedReplicas}`,
    `No. of live Replica: ${found.liveReplicas}`,
    `No. of excess Replica: ${count((it) => it.isLeaving)}`,
    `No. of stale Replica: ${count((it) => it.liveness === 'stale')}`,
    `No. of decommissioned Replica: ${inState('decommissioned')}`,
    `No. of decommissioning Replica: ${inState('decommissioning')}`,
    ...(showMaintenance
      ? [
          `No. of entering maintenance Replica: ${inState('entering-maintenance')}`,
          `No. of in maintenance Replica: ${inState('in-maintenance')}`,
        ]
      : []),
    `No. of corrupted Replica: ${count((it) => it.judgement === 'corrupt')}`,
    ...found.replicas.map((it) => `Block replica on datanode/rack: ${placeAndState(it)}`),
    '',
  ].join('\n')
}

function placeAndState(replica: FsckReplica): string {
  return `${replica.hostname}${replica.rack} ${stateOf(replica)}`
}

/** The last line decides the exit code of `hdfs fsck`. */
function stateOf(replica: FsckReplica): string {
  if (replica.judgement === 'corrupt') return 'is CORRUPT\t ReasonCode: CORRUPTION_REPORTED'
  switch (replica.adminState) {
    case 'decommissioned':
      return 'is DECOMMISSIONED'
    case 'decommissioning':
      return 'is DECOMMISSIONING'
    case 'entering-maintenance':
      return 'is ENTERING MAINTENANCE'
    case 'in-maintenance':
      return 'is IN MAINTENANCE'
    case 'normal':
      return replica.liveness === 'live' ? 'is HEALTHY' : 'is STALE'
  }
}
