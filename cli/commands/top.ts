/** `dfs top`: who keeps the namenode busy, in the last 1, 5 and 25 minutes. Refreshed on a terminal until Ctrl-C. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine, write } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { renderTable } from '../rendering/table.js'

interface TopCommandOptions {
  readonly http?: string
  readonly json?: true
  readonly once?: true
}

interface TopReport {
  readonly time: string
  readonly windows: readonly {
    readonly windowMs: number
    readonly commands: readonly {
      readonly command: string
      readonly totalCount: number
      readonly users: readonly { readonly user: string; readonly count: number }[]
    }[]
  }[]
}

const REFRESH_MS = 2000
const COMMANDS_SHOWN = 12
const USERS_SHOWN = 3
const CLEAR_SCREEN = '\x1b[H\x1b[2J'

export function register(command: Command, context: CommandContext): void {
  command
    .option('--once', 'print once, also on a terminal')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, ['dfs top', 'dfs top --json'])
  command.action(async (options: TopCommandOptions) => {
    const { io } = context
    const ask = () =>
      askForDocument<TopReport>(context, { path: '/api/v1/top', http: options.http })
    const isTerminal = 'isTTY' in io.stdout && io.stdout.isTTY === true
    if (options.json === true) {
      await printJson(io, await ask())
      return
    }
    const isRefreshed = isTerminal && options.once !== true
    do {
      const lines = topLines(await ask())
      if (isRefreshed) await write(io.stdout, CLEAR_SCREEN)
      for (const line of lines) await printLine(io, line)
      if (isRefreshed) await io.seams.clock.sleep(REFRESH_MS, io.signal)
    } while (isRefreshed)
  })
}

/** One row for each command of the longest window, one column for each window. Pure. */
export function topLines({ time, windows }: TopReport): string[] {
  const longest = windows.at(-1)?.commands.slice(0, COMMANDS_SHOWN) ?? []
  const minutes = windows.map(({ windowMs }) => `${windowMs / 60_000} min`)
  const countIn = (index: number, command: string) =>
    String(windows[index]?.commands.find((it) => it.command === command)?.totalCount ?? 0)
  const rows = longest.map(({ command, users }) => {
    const busiest = users.slice(0, USERS_SHOWN).map(({ user, count }) => `${user} ${count}`)
    const name = command === '*' ? 'all' : command
    return [name, ...windows.map((_, index) => countIn(index, command)), busiest.join(', ')]
  })
  return [`Operations until ${time}`, ...renderTable([['Command', ...minutes, 'Users'], ...rows])]
}
