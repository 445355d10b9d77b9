/**
 * What a command is: an entry in the table of `command-table.ts`, and a module that is loaded only when its command
 * runs (`dfs ls` must not pay for `dfs up`).
 */
import type { Command } from 'commander'
import type { DfsClient } from '../shared/client/dfs-client.js'
import type { CliIo } from './io.js'

export interface CommandEntry {
  readonly name: string
  readonly aliases?: readonly string[]
  /** One line for the list of commands. */
  readonly summary: string
  readonly group: 'files' | 'cluster' | 'administration'
  readonly load: () => Promise<CommandModule>
}

export interface CommandModule {
  /** Declares arguments, options, examples and the action of a fresh commander command. */
  readonly register: (command: Command, context: CommandContext) => void
}

/** What the action of a command works with. */
export interface CommandContext {
  readonly io: CliIo
  /** The name under which the command was called: the first word of its messages. */
  readonly verb: string
  /**
   * Prints `verb: message` on stderr and makes the exit code 1, so that a command can go on with its next argument.
   * Interruption and a closed output are thrown on: they end the command.
   */
  readonly fail: (error: unknown) => Promise<void>
  /** For commands whose exit code is their answer (`test`). */
  readonly setExitCode: (code: number) => void
  /** The client of the cluster that the options and the environment name, or of `fs` (`hdfs://host:port`); kept for the command's life. */
  readonly client: (fs?: string) => DfsClient
  /** `hdfs://host:port` of the default cluster. */
  readonly defaultFs: () => string
  /** From Hadoop's `-D key=value`. */
  readonly properties: Readonly<Record<string, string>>
  /** Who asks: HADOOP_USER_NAME, or the user of the operating system. */
  readonly user: string
}

/** Appends examples to `--help`. */
export function examples(command: Command, lines: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`)
}
