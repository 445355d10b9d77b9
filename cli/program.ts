/**
 * From a command line to an exit code. The tree is built for the called command alone: loading every command would
 * cost more than `dfs ls` itself.
 */
import { Command, CommanderError } from 'commander'
import { DfsError, toDfsError } from '../shared/errors.js'
import type { CommandContext, CommandEntry, CommandModule } from './command.js'
import { COMMANDS, findCommand } from './command-table.js'
import { type Connect, createContext } from './context.js'
import { type Invocation, parseInvocation, withDoubleDashes } from './invocation.js'
import { type CliIo, OutputClosed, printErrorLine, printLine } from './io.js'

/** Wrong usage, as Hadoop's shell has it (-1). */
const EXIT_USAGE = 255
const EXIT_INTERRUPTED = 130

/**
 * Runs one command line and returns the exit code of the process. Never throws.
 * @param connect replaces the way to a cluster: tests hand in a scripted one
 */
export async function run(argv: readonly string[], io: CliIo, connect?: Connect): Promise<number> {
  let verb = 'dfs'
  try {
    const invocation = parseInvocation(argv)
    verb = invocation.verb ?? verb
    if (invocation.verb === undefined || invocation.verb === 'help') {
      await (invocation.verb === undefined ? printErrorLine : printLine)(io, overview())
      return invocation.verb === undefined ? EXIT_USAGE : 0
    }
    const entry = findCommand(invocation.verb)
    if (entry === undefined) return await reportUnknown(io, invocation.verb)
    return await runCommand(entry, invocation, { io, connect })
  } catch (error) {
    return await reportFatal(io, verb, error)
  }
}

async function runCommand(
  entry: CommandEntry,
  invocation: Invocation,
  { io, connect }: { readonly io: CliIo; readonly connect: Connect | undefined },
): Promise<number> {
  const verb = invocation.verb ?? entry.name
  const module = await entry.load()
  let givenFs = invocation.fs
  const context = createContext({
    io,
    verb,
    fs: () => givenFs,
    properties: invocation.properties,
    connect,
  })
  try {
    const command = buildCommand(entry, verb, module, context)
    command.on('option:fs', (fs: string) => {
      givenFs = fs
    })
    await parse(command, invocation.arguments, io)
    return context.exitCode()
  } finally {
    await context.close()
  }
}

function buildCommand(
  entry: CommandEntry,
  verb: string,
  module: CommandModule,
  context: CommandContext,
): Command {
  const command = new Command(`dfs ${verb}`)
    .description(`${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`)
    .helpOption('--help', 'show this help')
    .exitOverride()
  module.register(command, context)
  if (!command.options.some((option) => option.long === '--fs')) {
    command.option(
      '--fs <uri>',
      'cluster, as hdfs://host:port (default: DFS_FS, core-site.xml, hdfs://127.0.0.1:8020)',
    )
  }
  return command
}

async function parse(command: Command, argv: readonly string[], io: CliIo): Promise<void> {
  let text = ''
  command.configureOutput({
    writeOut: (chunk) => {
      text += chunk
    },
    writeErr: () => {},
  })
  const longOptions = new Set(['--help'])
  for (const option of command.options) {
    if (option.long !== null && option.long !== undefined) longOptions.add(option.long)
  }
  try {
    await command.parseAsync(withDoubleDashes(argv, longOptions), { from: 'user' })
  } catch (error) {
    if (error instanceof DfsError && error.code === 'USAGE') throw usageError(command, error)
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw usageError(command, error)
    await printLine(io, text.trimEnd())
  }
}

function usageError(command: Command, error: Error): DfsError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  const usage = `Usage: ${command.name()} ${command.usage()}`
  return new DfsError('USAGE', message, { cause: error, details: { usage } })
}

async function reportUnknown(io: CliIo, verb: string): Promise<number> {
  const near = COMMANDS.find(({ name }) => name.toLowerCase() === verb.toLowerCase())
  const hint = near === undefined ? 'dfs --help lists them' : `did you mean ${near.name}?`
  await printErrorLine(io, `${verb}: Unknown command; ${hint}`)
  return EXIT_USAGE
}

/** One line; but of a configuration every problem is told at once, each on a line of its own. */
function messageOf({ code, message }: DfsError): string {
  return code === 'CONFIGURATION' ? message : (message.split('\n', 1)[0] ?? '')
}

async function reportFatal(io: CliIo, verb: string, error: unknown): Promise<number> {
  if (error instanceof OutputClosed) return 0
  if (io.signal.aborted) return EXIT_INTERRUPTED
  const failure = toDfsError(error)
  const usage = failure.details['usage']
  const isOurBug = failure.code === 'INTERNAL' && io.environment['DFS_DEBUG'] !== undefined
  const text = isOurBug && error instanceof Error ? error.stack : messageOf(failure)
  const lines = typeof usage === 'string' ? [`${verb}: ${text}`, usage] : [`${verb}: ${text}`]
  try {
    await printErrorLine(io, lines.join('\n'))
  } catch (writeError) {
    // Nobody reads our errors: the exit code alone has to tell.
    if (!(writeError instanceof OutputClosed)) throw writeError
  }
  return failure.row.exitCode
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2
  const list = (group: CommandEntry['group']) =>
    COMMANDS.filter((entry) => entry.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`)
      .join('\n')
  return `Usage: dfs [--fs hdfs://host:port] <command> [options] [arguments]

Cluster:
${list('cluster')}

Administration (also behind dfs admin, and in the spelling of dfs dfsadmin):
${list('administration')}

Files:
${list('files')}

dfs <command> --help shows options and examples. Hadoop's spellings work too: dfs dfs -ls /, dfs -put -f a b.`
}
