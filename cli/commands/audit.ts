/** `dfs audit`: who did what lately, newest last, as lines of HDFS's audit log have it. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { printable } from '../rendering/printable.js'
import { durationArgument } from '../words.js'

interface AuditCommandOptions {
  readonly user?: string
  readonly cmd?: string
  readonly path?: string
  readonly since?: string
  readonly limit?: string
  readonly http?: string
  readonly json?: true
}

interface Operation {
  readonly timeMs: number
  readonly user: string
  readonly address: string
  readonly command: string
  readonly path?: string
  readonly target?: string
  readonly face: string
  readonly outcome: string
}

export function register(command: Command, context: CommandContext): void {
  command
    .option('--user <name>', 'what this user did')
    .option('--cmd <name>', 'operations of this name, such as delete, rename, open')
    .option('--path <path>', 'about this path and all below it')
    .option('--since <age>', 'not older than this, such as 10m or 2d')
    .option('--limit <count>', 'the newest so many (default: 100)')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, ['dfs audit --cmd delete --since 1h', 'dfs audit --user alice --path /data'])
  command.action(async (options: AuditCommandOptions) => {
    const operations = await ask(context, options)
    if (options.json === true) {
      await printJson(context.io, operations)
      return
    }
    for (const operation of operations.toReversed()) {
      await printLine(context.io, operationLine(operation))
    }
  })
}

async function ask(context: CommandContext, options: AuditCommandOptions): Promise<Operation[]> {
  const parameters: Record<string, string> = {}
  for (const name of ['user', 'cmd', 'path', 'limit'] as const) {
    const value = options[name]
    if (value !== undefined) parameters[name] = value
  }
  if (options.since !== undefined) {
    const sinceMs = context.io.seams.clock.wallMs() - durationArgument(options.since, '--since')
    parameters['since'] = String(Math.max(0, Math.floor(sinceMs)))
  }
  const { http } = options
  const question = { path: '/api/v1/audit', parameters, http }
  const { operations } = await askForDocument<{ operations: Operation[] }>(context, question)
  return operations
}

/** Time, user, address and face, outcome, command, path, target. Pure. */
export function operationLine(operation: Operation): string {
  const { timeMs, user, address, face, outcome, command, path, target } = operation
  const time = new Date(timeMs).toISOString()
  const where = target === undefined ? (path ?? '') : `${path ?? ''} -> ${target}`
  return [time, user, address, face, outcome, command, where].map(printable).join('\t')
}
