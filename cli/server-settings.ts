/** Options that every command with settings has, and what it reads from them. */
import type { Command } from 'commander'
import { type LoadedSettings, loadSettings } from '../shared/config/load-settings.js'
import type { SettingKey } from '../shared/config/settings.js'
import type { Assignment } from '../shared/config/sources.js'
import type { CliIo } from './io.js'

export interface SettingsOptions {
  readonly config?: string
  readonly set: readonly string[]
}

/** Adds `--config` and `--set`. */
export function addSettingsOptions(command: Command): Command {
  return command
    .option('--config <file>', 'settings file (default: DFS_CONFIG, ./dfs.yaml, /etc/dfs/dfs.yaml)')
    .option(
      '--set <key=value>',
      'a setting, as in the file; repeatable (dfs config lists all)',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
}

/** A flag that stands for a setting: `--rpc-port 8021`. undefined when it was not given. */
export function flagAssignment(
  key: SettingKey,
  flag: string,
  value: string | undefined,
  io: CliIo,
): readonly Assignment[] {
  if (value === undefined) return []
  return [{ key, text: value, origin: flag, folder: io.workingDirectory() }]
}

/** @throws DfsError CONFIGURATION with one line for each problem */
export function readSettings(
  io: CliIo,
  options: SettingsOptions,
  flags: readonly Assignment[] = [],
): LoadedSettings {
  return loadSettings({
    configPath: options.config,
    environment: io.environment,
    folder: io.workingDirectory(),
    set: options.set,
    flags,
  })
}

/** What a server that runs in the process of the command gets from it. @throws DfsError CONFIGURATION */
export function serverSurroundings(
  io: CliIo,
  options: SettingsOptions,
  flags: readonly Assignment[],
) {
  const read = () => readSettings(io, options, flags).values
  return {
    values: read(),
    reload: read,
    signal: io.signal,
    print: (line: string) => io.stdout.write(`${line}\n`),
    printError: (line: string) => io.stderr.write(`${line}\n`),
  }
}
