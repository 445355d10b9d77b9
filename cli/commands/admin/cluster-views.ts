/** `dfs admin topology` and `open-files`: what the cluster looks like and who writes. */
import type { Administration } from '../../../shared/client/administration.js'
import type { DatanodeDescription } from '../../../shared/client/cluster-report.js'
import { withNamenode } from '../../administration.js'
import { type CommandModule, examples } from '../../command.js'
import { printJson, printLine } from '../../io.js'
import { locate } from '../../path-items.js'
import { JsonArrayWriter } from '../../rendering/json-array.js'
import { printable } from '../../rendering/printable.js'

export const topology: CommandModule = {
  register: (command, context) => {
    command.option('--json', 'print a JSON document')
    examples(command, ['dfs admin topology', 'dfs dfsadmin -printTopology'])
    command.action(async (options: { readonly json?: true }) => {
      const racks = new Map<string, DatanodeDescription[]>()
      for (const node of await context.client().datanodeReport()) {
        racks.set(node.rack, [...(racks.get(node.rack) ?? []), node])
      }
      const sorted = [...racks].toSorted(([a], [b]) => (a < b ? -1 : 1))
      if (options.json === true) return await printJson(context.io, Object.fromEntries(sorted))
      for (const [rack, nodes] of sorted) {
        await printLine(context.io, `Rack: ${rack}`)
        for (const node of nodes) await printLine(context.io, `   ${nodeText(node)}`)
        await printLine(context.io, '')
      }
    })
  },
}

const nodeText = ({ address, hostName, isAlive, state }: DatanodeDescription): string =>
  `${address} (${hostName}) ${isAlive ? state : 'dead'}`

interface OpenFilesOptions {
  readonly path: string
  readonly blockingDecommission?: true
  readonly json?: true
}

const COLUMN_WIDTH = 20

export const openFiles: CommandModule = {
  register: (command, context) => {
    command
      .option('--path <path>', 'only below it', '/')
      .option('--blocking-decommission', 'only files that keep a node from leaving')
      .option('--json', 'print a JSON array')
    examples(command, ['dfs admin open-files --path /logs', 'dfs dfsadmin -listOpenFiles'])
    command.action(async (options: OpenFilesOptions) => {
      const json = options.json === true ? new JsonArrayWriter(context.io) : undefined
      const row = async (host: string, client: string, path: string) => {
        const cells = [host.padEnd(COLUMN_WIDTH), client.padEnd(COLUMN_WIDTH), path]
        if (json === undefined) await printLine(context.io, cells.join('\t'))
      }
      await row('Client Host', 'Client Name', 'Open File Path')
      const { client, path: folder } = locate(context, options.path)
      const show = async (namenode: Administration) => {
        const onlyBlocking = options.blockingDecommission === true
        for await (const entry of namenode.openFiles(folder, onlyBlocking)) {
          const { path, clientName, clientMachine } = entry
          await json?.add({ path, clientName, clientMachine })
          await row(clientMachine, clientName, printable(path))
        }
      }
      await withNamenode(context, show, client.fs)
      await json?.end()
    })
  },
}
