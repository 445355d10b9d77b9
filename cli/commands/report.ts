/** `dfs report`: the lines of `hdfs dfsadmin -report`. */
import type { Command } from 'commander'
import type { DatanodeDescription, FsStatistics } from '../../shared/client/cluster-report.js'
import type { KeptForUndo } from '../../shared/client/deletions.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { javaDate } from '../rendering/java-date.js'
import { percent, sizeWithUnit } from '../rendering/sizes.js'

interface ReportOptions {
  readonly live?: true
  readonly dead?: true
  readonly json?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .option('--live', 'living datanodes only')
    .option('--dead', 'dead datanodes only')
    .option('--json', 'print a JSON document')
  examples(command, ['dfs report', 'dfs report --json', 'dfs dfsadmin -report -dead'])
  command.action(async (options: ReportOptions) => {
    const client = context.client()
    const statistics = await client.fsStats()
    const isInSafeMode = await client.isInSafeMode()
    const kept = await client.keptForUndo()
    const datanodes = await client.datanodeReport()
    const isWanted = ({ isAlive }: DatanodeDescription) =>
      options.live === options.dead || (isAlive ? options.live === true : options.dead === true)
    if (options.json === true) {
      const document = { fs: client.fs, isInSafeMode, ...statistics, keptForUndo: kept }
      await printJson(context.io, { ...document, datanodes: datanodes.filter(isWanted) })
      return
    }
    const lines = [
      ...summaryLines(statistics, isInSafeMode, kept),
      ...nodeLines(
        'Live',
        datanodes.filter((node) => node.isAlive && isWanted(node)),
      ),
      ...nodeLines(
        'Dead',
        datanodes.filter((node) => !node.isAlive && isWanted(node)),
      ),
    ]
    for (const line of lines) await printLine(context.io, line)
  })
}

const withBytes = (bytes: number): string => `${bytes} (${sizeWithUnit(bytes)})`

/** Pure. */
export function summaryLines(
  statistics: FsStatistics,
  isInSafeMode: boolean,
  kept?: KeptForUndo,
): string[] {
  const { capacityBytes, usedBytes, remainingBytes } = statistics
  const presentBytes = usedBytes + remainingBytes
  return [
    ...(isInSafeMode ? ['Safe mode is ON'] : []),
    `Configured Capacity: ${withBytes(capacityBytes)}`,
    `Present Capacity: ${withBytes(presentBytes)}`,
    `DFS Remaining: ${withBytes(remainingBytes)}`,
    `DFS Used: ${withBytes(usedBytes)}`,
    `DFS Used%: ${percent(usedBytes, presentBytes, 2)}`,
    // Apache's report has no such line: it is there only when there is something to say.
    ...(kept === undefined || kept.deletions === 0
      ? []
      : [`Kept for undo: ${withBytes(kept.spaceConsumedBytes)}`]),
    'Replicated Blocks:',
    `\tUnder replicated blocks: ${statistics.underReplicatedBlocks}`,
    `\tBlocks with corrupt replicas: ${statistics.corruptBlocks}`,
    `\tMissing blocks: ${statistics.missingBlocks}`,
    `\tMissing blocks (with replication factor 1): ${statistics.missingBlocksWithReplicationOne}`,
    `\tPending deletion blocks: ${statistics.pendingDeletionBlocks}`,
    '',
    '-------------------------------------------------',
  ]
}

function nodeLines(kind: 'Live' | 'Dead', nodes: readonly DatanodeDescription[]): string[] {
  if (nodes.length === 0) return []
  return [`${kind} datanodes (${nodes.length}):`, '', ...nodes.flatMap(descriptionLines)]
}

const STATE_NAMES: Readonly<Record<DatanodeDescription['state'], string>> = {
  'in service': 'Normal',
  decommissioning: 'Decommission in progress',
  decommissioned: 'Decommissioned',
  'entering maintenance': 'Entering maintenance',
  'in maintenance': 'In maintenance',
}

/** Pure. */
export function descriptionLines(node: DatanodeDescription): string[] {
  const { capacityBytes, usedBytes, otherUsedBytes, remainingBytes } = node
  return [
    `Name: ${node.address} (${node.hostName})`,
    `Hostname: ${node.hostName}`,
    ...(node.rack === '/default-rack' ? [] : [`Rack: ${node.rack}`]),
    `Decommission Status : ${STATE_NAMES[node.state]}`,
    `Configured Capacity: ${withBytes(capacityBytes)}`,
    `DFS Used: ${withBytes(usedBytes)}`,
    `Non DFS Used: ${withBytes(otherUsedBytes)}`,
    `DFS Remaining: ${withBytes(remainingBytes)}`,
    `DFS Used%: ${percent(usedBytes, capacityBytes, 2)}`,
    `DFS Remaining%: ${percent(remainingBytes, capacityBytes, 2)}`,
    `Xceivers: ${node.activeTransfers}`,
    `Last contact: ${timeText(node.lastContactMs)}`,
    `Last Block Report: ${timeText(node.lastBlockReportMs)}`,
    `Num of Blocks: ${node.blockCount}`,
    '',
  ]
}

const timeText = (timeMs: number): string => (timeMs === 0 ? 'Never' : javaDate(timeMs))
