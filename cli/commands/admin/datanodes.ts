/** `dfs admin datanode-info`, `volume-report`, `block-report`, `balancer-bandwidth`, …: single datanodes. */
import type { DatanodeAdministration } from '../../../shared/client/datanode-administration.js'
import { withDatanode, withNamenode } from '../../administration.js'
import { type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'
import { sizeWithUnit } from '../../rendering/sizes.js'
import { sizeArgument } from '../../words.js'

const PLACE = '<host:port>'
const ABOUT_PLACE = "a datanode's IPC port (9867)"

interface Options {
  readonly json?: true
  readonly incremental?: true
}

/** A command that shows something of a datanode. */
function view<T>(
  example: string,
  read: (datanode: DatanodeAdministration) => Promise<T>,
  linesOf: (found: T) => readonly string[],
): CommandModule {
  return {
    register: (command, context) => {
      command.argument(PLACE, ABOUT_PLACE).option('--json', 'print a JSON document')
      examples(command, [`dfs admin ${example}`])
      command.action(async (place: string, options: Options) => {
        const found = await withDatanode(context, place, read)
        if (options.json === true) return await printJson(context.io, found)
        for (const line of linesOf(found)) await printLine(context.io, line)
      })
    },
  }
}

/** A command that asks something of a datanode, and then says so. */
function request(
  example: string,
  done: string,
  work: (datanode: DatanodeAdministration) => Promise<void>,
): CommandModule {
  return {
    register: (command, context) => {
      command.argument(PLACE, ABOUT_PLACE)
      examples(command, [`dfs admin ${example}`])
      command.action(async (place: string) => {
        await withDatanode(context, place, work)
        await printLine(context.io, `${done} ${place}`)
      })
    },
  }
}

export const datanodeInfo = view(
  'datanode-info node1:9867',
  (datanode) => datanode.info(),
  ({ uptimeSeconds, softwareVersion }) => [
    `Uptime: ${uptimeSeconds}, Software version: ${softwareVersion}`,
  ],
)

export const volumeReport = view(
  'volume-report node1:9867',
  (datanode) => datanode.volumes(),
  (volumes) => [
    `Active Volumes : ${volumes.length}`,
    ...volumes.flatMap((it) => [
      '',
      `Directory: ${it.folder}`,
      `Capacity Used: ${withUnit(it.usedBytes)}`,
      `Capacity Left: ${withUnit(it.freeBytes)}`,
      `Capacity Reserved: ${withUnit(it.reservedBytes)}`,
      `Blocks: ${it.blockCount}`,
    ]),
  ],
)

const withUnit = (bytes: number): string => `${bytes}(${sizeWithUnit(bytes)})`

export const evictWriters = request(
  'evict-writers node1:9867',
  'Requested writer eviction to datanode',
  (datanode) => datanode.evictWriters(),
)

export const shutdownDatanode = request(
  'shutdown-datanode node1:9867',
  'Submitted a shutdown request to datanode',
  (datanode) => datanode.shutDown(),
)

export const blockReport: CommandModule = {
  register: (command, context) => {
    command.argument(PLACE, ABOUT_PLACE).option('--incremental', 'what has changed, not all blocks')
    examples(command, ['dfs admin block-report node1:9867'])
    command.action(async (place: string, options: Options) => {
      const incremental = options.incremental === true
      await withDatanode(context, place, (datanode) => datanode.reportBlocks(incremental))
      const kind = incremental ? 'an incremental' : 'a full'
      await printLine(context.io, `Triggering ${kind} block report on ${place}.`)
    })
  },
}

export const balancerBandwidth: CommandModule = {
  register: (command, context) => {
    command
      .argument(
        '<rate or host:port>',
        'bytes a second for copies, as 50m, 0 for the setting; or a datanode to ask',
      )
      .option('--json', 'print a JSON document')
    examples(command, [
      'dfs admin balancer-bandwidth 50m          every datanode, until it restarts',
      'dfs admin balancer-bandwidth 0            back to the setting datanode.copy-rate',
      'dfs admin balancer-bandwidth node1:9867   what it has now',
    ])
    command.action(async (word: string, options: Options) => {
      if (word.includes(':')) {
        const bytesPerSecond = await withDatanode(context, word, (datanode) => datanode.copyRate())
        if (options.json === true) return await printJson(context.io, { bytesPerSecond })
        const text = `Balancer bandwidth is ${bytesPerSecond} bytes per second.`
        return await printLine(context.io, text)
      }
      const rate = sizeArgument(word, 'the rate')
      await withNamenode(context, (namenode) => namenode.setCopyRate(rate))
      await printLine(context.io, `Balancer bandwidth is set to ${rate}`)
    })
  },
}
