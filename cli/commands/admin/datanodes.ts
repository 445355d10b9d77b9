/** `dfs admin datanode-info`, `volume-report`, `block-report`, `balancer-bandwidth`, …: single datanodes. */
import type { DatanodeAdministration } from '../../../shared/client/datanode-administration.js'
import { withDatanode, withNamenode } from '../../administration.js'
import { type CommandContext, type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'
import { sizeWithUnit } from '../../rendering/sizes.js'
import { sizeArgument } from '../../words.js'

const PLACE = '<host:port>'
const ABOUT_PLACE = "a datanode's IPC port (9867)"

interface Options {
  readonly json?: true
  readonly incremental?: true
}

/** A command about one datanode. */
function about(
  example: string,
  run: (
    context: CommandContext,
    datanode: DatanodeAdministration,
    place: string,
    options: Options,
  ) => Promise<void>,
): CommandModule {
  return {
    register: (command, context) => {
      command.argument(PLACE, ABOUT_PLACE).option('--json', 'print a JSON document')
      examples(command, [`dfs admin ${example}`])
      command.action((place: string, options: Options) =>
        withDatanode(context, place, (datanode) => run(context, datanode, place, options)),
      )
    },
  }
}

export const datanodeInfo = about(
  'datanode-info node1:9867',
  async (context, datanode, _, options) => {
    const info = await datanode.info()
    if (options.json === true) return await printJson(context.io, info)
    const { uptimeSeconds, softwareVersion } = info
    await printLine(context.io, `Uptime: ${uptimeSeconds}, Software version: ${softwareVersion}`)
  },
)

export const volumeReport = about(
  'volume-report node1:9867',
  async (context, datanode, _, options) => {
    const volumes = await datanode.volumes()
    if (options.json === true) return await printJson(context.io, volumes)
    await printLine(context.io, `Active Volumes : ${volumes.length}`)
    for (const it of volumes) {
      const lines = [
        '',
        `Directory: ${it.folder}`,
        `Capacity Used: ${withUnit(it.usedBytes)}`,
        `Capacity Left: ${withUnit(it.freeBytes)}`,
        `Capacity Reserved: ${withUnit(it.reservedBytes)}`,
        `Blocks: ${it.blockCount}`,
      ]
      for (const line of lines) await printLine(context.io, line)
    }
  },
)

const withUnit = (bytes: number): string => `${bytes}(${sizeWithUnit(bytes)})`

export const evictWriters = about('evict-writers node1:9867', async (context, datanode, place) => {
  await datanode.evictWriters()
  await printLine(context.io, `Requested writer eviction to datanode ${place}`)
})

export const shutdownDatanode = about(
  'shutdown-datanode node1:9867',
  async (context, datanode, place) => {
    await datanode.shutDown()
    await printLine(context.io, `Submitted a shutdown request to datanode ${place}`)
  },
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
