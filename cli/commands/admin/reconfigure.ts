/** `dfs admin reconfig`: has a running server read its settings again. */
import type { Administration } from '../../../shared/client/administration.js'
import type { DatanodeAdministration } from '../../../shared/client/datanode-administration.js'
import type { ReconfigurationReport } from '../../../shared/client/reconfiguration-report.js'
import { DfsError } from '../../../shared/errors.js'
import { withDatanode, withNamenode } from '../../administration.js'
import { type CommandContext, type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'
import { javaDate } from '../../rendering/java-date.js'

type Server = Pick<
  Administration & DatanodeAdministration,
  'reconfigure' | 'reconfigurableSettings' | 'reconfigurationReport'
>

export const reconfigure: CommandModule = {
  register: (command, context) => {
    command
      .argument('<server>', 'namenode or datanode')
      .argument(
        '<word...>',
        "host:port of a datanode's IPC port, or of another namenode; then start, status or properties",
      )
      .option('--json', 'print a JSON document')
    examples(command, [
      'dfs admin reconfig namenode start',
      'dfs admin reconfig datanode node1:9867 properties',
      'dfs dfsadmin -reconfig datanode node1:9867 status',
    ])
    command.action(async (kind: string, words: string[], options: { readonly json?: true }) => {
      const action = words.at(-1) ?? ''
      const place = words.at(-2)
      const isJson = options.json === true
      const work = (server: Server) => perform(context, server, action, isJson)
      if (kind === 'namenode' && words.length <= 2) {
        return await withNamenode(context, work, place === undefined ? place : `hdfs://${place}`)
      }
      if (kind === 'datanode' && place !== undefined && words.length === 2) {
        return await withDatanode(context, place, work)
      }
      throw new DfsError('USAGE', 'reconfig namenode|datanode [host:port] start|status|properties')
    })
  },
}

async function perform(
  context: CommandContext,
  server: Server,
  action: string,
  isJson: boolean,
): Promise<void> {
  switch (action) {
    case 'properties': {
      const settings = await server.reconfigurableSettings()
      if (isJson) return await printJson(context.io, settings)
      for (const name of settings) await printLine(context.io, name)
      return
    }
    case 'start':
      await server.reconfigure()
      return await printReport(context, await server.reconfigurationReport(), isJson)
    case 'status':
      return await printReport(context, await server.reconfigurationReport(), isJson)
    default:
      throw new DfsError('USAGE', `unknown action '${action}': start, status or properties`)
  }
}

async function printReport(
  context: CommandContext,
  report: ReconfigurationReport,
  isJson: boolean,
): Promise<void> {
  context.setExitCode(report.changes.some(({ failure }) => failure !== undefined) ? 1 : 0)
  if (isJson) return await printJson(context.io, report)
  for (const line of reportLines(report)) await printLine(context.io, line)
}

/** Pure. */
export function reportLines({ startedMs, endedMs, changes }: ReconfigurationReport): string[] {
  if (startedMs === undefined) return ['settings were not read again since the start']
  const end = endedMs === undefined ? 'is still running' : `ended at ${javaDate(endedMs)}`
  return [
    `settings were read again at ${javaDate(startedMs)}, ${end}`,
    ...changes.map(({ setting, from, to, failure }) =>
      failure === undefined
        ? `${setting}: ${from} -> ${to ?? ''}`
        : `${setting}: stays ${from}: ${failure}`,
    ),
    ...(changes.length === 0 ? ['nothing has changed'] : []),
  ]
}
