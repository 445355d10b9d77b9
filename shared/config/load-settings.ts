/** Reads the settings of a process: file, environment, flags. Done once, at its start; nothing else looks there. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DfsError, toDfsError } from '../errors.js'
import { resolveSettings, type Settings } from './resolve-settings.js'
import {
  type Assignment,
  readAssignments,
  readEnvironment,
  readYaml,
  type Source,
} from './sources.js'

export interface SettingsRequest {
  /** `--config`; wins over DFS_CONFIG, ./dfs.yaml and /etc/dfs/dfs.yaml. */
  readonly configPath: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The working directory. */
  readonly folder: string
  /** Values of `--set`. */
  readonly set: readonly string[]
  /** What other flags mean, such as `--rpc-port`. */
  readonly flags: readonly Assignment[]
}

export interface LoadedSettings extends Settings {
  /** undefined when no file was found. */
  readonly file: string | undefined
}

/** @throws DfsError CONFIGURATION with one line for each problem */
export function loadSettings(request: SettingsRequest): LoadedSettings {
  const file = findFile(request)
  const sources: Source[] = []
  if (file !== undefined) sources.push(readYaml(file, read(file)))
  sources.push(
    readEnvironment(request.environment, request.folder),
    readAssignments(request.set, request.folder),
    { assignments: request.flags, problems: [] },
  )
  return { ...resolveSettings(sources, request.folder), file }
}

function findFile({ configPath, environment, folder }: SettingsRequest): string | undefined {
  const named = configPath ?? environment['DFS_CONFIG']
  if (named !== undefined && named !== '') return resolve(folder, named)
  return [resolve(folder, 'dfs.yaml'), '/etc/dfs/dfs.yaml'].find((path) => existsSync(path))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { message } = toDfsError(error)
    throw new DfsError('CONFIGURATION', `cannot read the settings file ${path}: ${message}`, {
      cause: error,
    })
  }
}
