/** `dfs verify`: shows that the tables of a backup are what its edits make of them. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { verifyNamespace } from '../../namenode/offline.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { renderTable } from '../rendering/table.js'

interface VerifyOptions {
  readonly base?: string
  readonly json?: true
}

const SHOWN_CHARACTERS = 400
const SHOWN_DIGITS = 16

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<backup>', 'a backup, or a folder of them: the newest is checked')
    .option('--base <folder>', 'older backups to replay from (default: those beside it)')
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs backup /var/backups/dfs && dfs verify /var/backups/dfs',
    'dfs verify --json /var/backups/dfs',
  ])
  command.action(async (backup: string, options: VerifyOptions) => {
    const folder = context.io.workingDirectory()
    const base = options.base === undefined ? undefined : resolve(folder, options.base)
    const found = verifyNamespace({ backup: resolve(folder, backup), base })
    context.setExitCode(found.isSame ? 0 : 1)
    if (options.json === true) {
      await printJson(context.io, found)
      return
    }
    const { transactionId, fromTransaction, replayedEdits } = found
    const span = `${replayedEdits} edits from transaction ${fromTransaction} to ${transactionId}`
    const rows = found.tables.map(({ table, rows, digest, isSame }) => [
      table,
      String(rows),
      digest.slice(0, SHOWN_DIGITS),
      isSame ? 'same' : 'DIFFERENT',
    ])
    const differences = found.tables.flatMap(({ table, difference }) =>
      difference === undefined
        ? []
        : [
            `${table}: first difference`,
            `  is        ${(difference.live ?? 'nothing').slice(0, SHOWN_CHARACTERS)}`,
            `  should be ${(difference.replayed ?? 'nothing').slice(0, SHOWN_CHARACTERS)}`,
          ],
    )
    const verdict = found.isSame ? 'the tables are what the edits make' : 'THE TABLES DIFFER'
    const lines = [...renderTable(rows, { right: [1] }), ...differences, `${span}: ${verdict}`]
    for (const line of lines) await printLine(context.io, line)
  })
}
