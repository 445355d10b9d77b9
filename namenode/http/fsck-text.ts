/** A check of the file system in the words of HDFS's fsck, which scripts read (protocol reference 2.10). */
import { javaDate } from '../../shared/java-date.js'
import type {
  FsckBlock,
  FsckFile,
  FsckItem,
  FsckReplica,
  FsckSummary,
} from '../service/inspection/fsck-model.js'

export interface FsckTextOptions {
  readonly path: string
  readonly user: string
  readonly clientAddress: string
  readonly showFiles: boolean
  readonly showBlocks: boolean
  readonly showLocations: boolean
  readonly showRacks: boolean
  readonly showReplicaDetails: boolean
  readonly showUpgradeDomains: boolean
  readonly showOpen: boolean
  readonly blockPoolId: string
}

export function fsckHead({ user, clientAddress, path }: FsckTextOptions, wallMs: number): string {
  const from = `/${clientAddress.replace(/^::ffff:/, '')}`
  return `FSCK started by ${user} (auth:SIMPLE) from ${from} for path ${path} at ${javaDate(wallMs)}\n\n`
}

/** One item of the walk; empty when the options hide it. */
export function fsckItemText(
  item: Exclude<FsckItem, FsckSummary>,
  options: FsckTextOptions,
): string {
  switch (item.kind) {
    case 'directory':
      return options.showFiles ? `${item.path} <dir>\n` : ''
    case 'file':
      return fileText(item, options)
    case 'violation':
      return `\n${item.path}: VIOLATION of ${item.invariant}: ${item.message}\n`
    case 'failure':
      return `\n${item.path}: NOT DONE: ${item.message}\n`
    case 'orphan':
      return `\nblk_${item.blockId}: belongs to no file, kept on ${item.replicas.length} datanode(s)\n`
  }
}

function fileText(file: FsckFile, options: FsckTextOptions): string {
  if (file.isOpen && !options.showOpen) return ''
  const { path, lengthBytes, replication, blocks } = file
  const open = file.isOpen ? ', OPENFORWRITE' : ''
  const head = `${path} ${lengthBytes} bytes, replicated: replication=${replication}, ${blocks.length} block(s)${open}: `
  const troubles = blocks.flatMap((it) => troubleText(path, it, options))
  const losses = lossesOf(blocks)
  if (!options.showFiles) {
    // Apache names open files here too, all of them in one line.
    const named = file.isOpen ? [`${head}\n`] : []
    return [...named, ...troubles, ...losses.map((it) => `\n${path}: ${it}.\n`)].join('')
  }
  const verdict = losses.length > 0 ? losses.map((it) => ` ${it}\n`).join('') : ' OK\n'
  const isWell = troubles.length === 0 && losses.length === 0
  const body = isWell ? ' OK\n' : `${troubles.join('')}${losses.length > 0 ? verdict : ''}`
  const list = options.showBlocks ? `${blocks.map((it) => blockText(it, options)).join('')}\n` : ''
  return `${head}${body}${list}`
}

/** Lines on blocks that can be read but are not as they should be. */
function troubleText(path: string, block: FsckBlock, options: FsckTextOptions): string[] {
  const prefix = options.showFiles ? '' : `\n${path}: `
  const name = blockName(block, options.blockPoolId)
  const lines: string[] = []
  if (block.replicas.some((it) => it.judgement === 'corrupt')) {
    lines.push(`\n${path}: CORRUPT blockpool ${options.blockPoolId} block blk_${block.id}\n`)
  }
  if (
    block.state === 'committed' &&
    block.liveReplicas > 0 &&
    block.liveReplicas < block.expectedReplicas
  ) {
    lines.push(
      `${prefix} Under replicated ${name}. Target Replicas is ${block.expectedReplicas} but found ` +
        `${block.liveReplicas} live replica(s), 0 decommissioned replica(s), 0 decommissioning replica(s).\n`,
    )
  }
  if (block.risk === 'badly-placed') {
    lines.push(`${prefix} Replica placement policy is violated for ${name}. ${block.remark}\n`)
  }
  return lines
}

function lossesOf(blocks: readonly FsckBlock[]): string[] {
  const missing = blocks.filter((it) => it.risk === 'missing')
  if (missing.length === 0) return []
  const lengthBytes = missing.reduce((sum, it) => sum + it.lengthBytes, 0)
  return [`MISSING ${missing.length} blocks of total size ${lengthBytes} B`]
}

function blockText(block: FsckBlock, options: FsckTextOptions): string {
  const state = block.risk === 'missing' ? 'MISSING!' : `Live_repl=${block.liveReplicas}`
  const shown = block.replicas.filter((it) => it.liveness !== 'dead')
  const places =
    options.showLocations ||
    options.showRacks ||
    options.showReplicaDetails ||
    options.showUpgradeDomains
      ? `  [${shown.map((it) => placeText(it, options)).join(', ')}]`
      : ''
  const name = blockName(block, options.blockPoolId)
  return `${block.index}. ${name} len=${block.lengthBytes} ${state}${places}\n`
}

function placeText(replica: FsckReplica, options: FsckTextOptions): string {
  const parts = [replica.address, replica.storageId, replica.storageType]
  // As in HDFS, racks stand in the place of locations.
  const place = options.showRacks
    ? `${replica.rack}/${replica.address}`
    : `DatanodeInfoWithStorage[${parts.join(',')}]`
  const details = options.showReplicaDetails ? `(${replicaState(replica)})` : ''
  // No datanode has an upgrade domain here; the words are those of an Apache cluster without any.
  const domain = options.showUpgradeDomains ? '(ud=undefined)' : ''
  return place + details + domain
}

/** The first that applies, in the order and the words of HDFS. */
function replicaState(replica: FsckReplica): string {
  const { adminState } = replica
  if (adminState === 'decommissioned') return 'DECOMMISSIONED'
  if (adminState === 'decommissioning') return 'DECOMMISSIONING'
  if (adminState === 'entering-maintenance') return 'ENTERING MAINTENANCE'
  if (adminState === 'in-maintenance') return 'IN MAINTENANCE'
  if (replica.judgement === 'corrupt') return 'CORRUPT'
  if (replica.isLeaving) return 'EXCESS'
  if (replica.liveness === 'stale') return 'STALE_NODE'
  return replica.isConfirmed ? 'LIVE' : 'STALE_BLOCK_CONTENT'
}

/**
 * The sums and the verdict, whose last line decides the exit code of `hdfs fsck`.
 * @param options.showOpen counts open files and the blocks that are being written like others
 * @param policies sums by storage policy, where they are asked for
 */
export function fsckTail(
  summary: FsckSummary,
  wallMs: number,
  { showOpen }: Pick<FsckTextOptions, 'showOpen'>,
  policies = '',
): string {
  const { blocks } = summary
  const share = (count: number, of: number) => `${of === 0 ? '0.0' : percent(count / of)} %`
  const ofBlocks = (count: number) =>
    blocks === 0 ? `${count}` : `${count} (${share(count, blocks)})`
  const average =
    blocks === 0 ? '' : ` (avg. block size ${Math.floor(summary.lengthBytes / blocks)} B)`
  const expectedReplicas = summary.liveReplicas + summary.missingReplicas
  const verdict = summary.isHealthy ? 'HEALTHY' : 'CORRUPT'
  return `
Status: ${verdict}
 Number of data-nodes:\t${summary.datanodes}
 Number of racks:\t\t${summary.racks}
 Total dirs:\t\t\t${summary.directories}
 Total symlinks:\t\t0

Replicated Blocks:
${totalsText(summary, showOpen)}${average}${openBlocksText(summary, showOpen)}
${blocks > 0 && summary.missingBlocks > 0 ? missingBox(summary, share) : ''} Minimally replicated blocks:\t${ofBlocks(summary.minimallyReplicatedBlocks)}
 Over-replicated blocks:\t${ofBlocks(summary.overReplicatedBlocks)}
 Under-replicated blocks:\t${ofBlocks(summary.underReplicatedBlocks)}
 Mis-replicated blocks:\t\t${ofBlocks(summary.badlyPlacedBlocks)}
 Default replication factor:\t${summary.defaultReplication}
 Average block replication:\t${blocks === 0 ? '0.0' : decimal(summary.liveReplicas / blocks)}
 Missing blocks:\t\t${summary.missingBlocks}
 Corrupt blocks:\t\t${summary.corruptBlocks}
 Missing replicas:\t\t${summary.missingReplicas}${blocks === 0 ? '' : ` (${share(summary.missingReplicas, expectedReplicas)})`}
 Blocks queued for replication:\t${summary.queuedBlocks}
${summary.orphanBlocks === 0 ? '' : ` Blocks of no file:\t\t${summary.orphanBlocks}\n`}
${NO_ERASURE_CODED_FILES}${policies}${keptText(summary)}FSCK ended at ${javaDate(wallMs)} in ${Math.round(summary.durationMs)} milliseconds


The filesystem under path '${summary.path}' is ${verdict}
`
}

/** Open files stand beside the others unless they are asked for. */
function totalsText(summary: FsckSummary, showOpen: boolean): string {
  const { files, openFiles, lengthBytes, openLengthBytes, blocks, openBlocks } = summary
  if (showOpen) {
    return ` Total size:\t${lengthBytes} B
 Total files:\t${files}
 Total blocks (validated):\t${blocks + openBlocks}`
  }
  const openSize = openLengthBytes > 0 ? ` (Total open files size: ${openLengthBytes} B)` : ''
  const open = openFiles > 0 ? ` (Files currently being written: ${openFiles})` : ''
  return ` Total size:\t${lengthBytes - openLengthBytes} B${openSize}
 Total files:\t${files - openFiles}${open}
 Total blocks (validated):\t${blocks}`
}

function openBlocksText({ openBlocks }: FsckSummary, showOpen: boolean): string {
  if (showOpen || openBlocks === 0) return ''
  return ` (Total open file blocks (not validated): ${openBlocks})`
}

/** Between the sums when blocks are missing. */
function missingBox(
  { missingBlocks, missingFiles, missingBytes, blocks, minReplication }: FsckSummary,
  share: (count: number, of: number) => string,
): string {
  return `  ********************************
  UNDER MIN REPL'D BLOCKS:\t${missingBlocks} (${share(missingBlocks, blocks)})
  MINIMAL BLOCK REPLICATION:\t${minReplication}
  CORRUPT FILES:\t${missingFiles}
  MISSING BLOCKS:\t${missingBlocks}
  MISSING SIZE:\t\t${missingBytes} B
  ********************************
`
}

/** Beyond HDFS: empty for its clients, and when nothing is kept. */
function keptText({ keptForUndo }: FsckSummary): string {
  if (keptForUndo === undefined) return ''
  const { deletions, files, blocks, lengthBytes, spaceBytes } = keptForUndo
  const { firstUntilMs, lastUntilMs } = keptForUndo
  return `Kept for undo:
 Total size:\t${lengthBytes} B (${spaceBytes} B with all replicas)
 Total deletions:\t${deletions}
 Total files:\t${files}
 Total blocks:\t${blocks}
 The first goes:\t${javaDate(firstUntilMs)}
 The last goes:\t${javaDate(lastUntilMs)}

`
}

/** HDFS has it always. */
const NO_ERASURE_CODED_FILES = `Erasure Coded Block Groups:
 Total size:\t0 B
 Total files:\t0
 Total block groups (validated):\t0
 Minimally erasure-coded block groups:\t0
 Over-erasure-coded block groups:\t0
 Under-erasure-coded block groups:\t0
 Unsatisfactory placement block groups:\t0
 Average block group size:\t0.0
 Missing block groups:\t\t0
 Corrupt block groups:\t\t0
 Missing internal blocks:\t0
 Blocks queued for replication:\t0
`

function blockName(block: FsckBlock, blockPoolId: string): string {
  return `${blockPoolId}:blk_${block.id}_${block.generationStamp}`
}

const percent = (share: number) => decimal(share * 100)

/** As Java prints a double that was rounded: at least one decimal, no trailing zeros. */
function decimal(value: number): string {
  const text = String(Number(value.toFixed(6)))
  return text.includes('.') ? text : `${text}.0`
}
