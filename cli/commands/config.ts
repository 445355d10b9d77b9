/** `dfs config`: the effective settings and where each comes from. */
import type { Command } from 'commander'
import type { Setting } from '../../shared/config/setting.js'
import { environmentName, SETTING_KEYS, SETTINGS } from '../../shared/config/settings.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { addSettingsOptions, readSettings } from '../server-settings.js'

interface Options {
  readonly config?: string
  readonly set: readonly string[]
  readonly json?: boolean
  readonly describe?: boolean
}

export function register(command: Command, context: CommandContext): void {
  const { io } = context
  addSettingsOptions(command)
    .option('--json', 'print as JSON')
    .option('--describe', 'with meaning, type, names in the environment and in HDFS')
    .argument('[keys...]', 'only these settings, or all that begin so')
    .action(async (keys: readonly string[], options: Options) => {
      const { values, origin } = readSettings(io, options)
      const rows = SETTING_KEYS.filter(
        (key) => keys.length === 0 || keys.some((wanted) => key.startsWith(wanted)),
      ).map((key) => {
        const definition: Setting<unknown> = SETTINGS[key]
        return {
          key,
          value: definition.format(values[key]),
          origin: origin(key),
          type: definition.typeName,
          description: definition.description,
          environment: environmentName(key),
          hdfs: definition.hdfsName,
        }
      })
      if (options.json === true) {
        await printJson(io, Object.fromEntries(rows.map(({ key, ...rest }) => [key, rest])))
        return
      }
      const keyWidth = Math.max(...rows.map(({ key }) => key.length))
      const valueWidth = Math.max(...rows.map(({ value }) => value.length))
      for (const row of rows) {
        const line = `${row.key.padEnd(keyWidth)}  ${row.value.padEnd(valueWidth)}  ${row.origin}`
        await printLine(io, line)
        if (options.describe === true) {
          const names = [row.type, row.environment, row.hdfs].filter((name) => name !== undefined)
          await printLine(io, `    ${row.description} (${names.join(', ')})`)
        }
      }
    })
  examples(command, [
    'dfs config',
    'dfs config --describe block',
    'DFS_BLOCK_SIZE=64m dfs config --json',
  ])
}
