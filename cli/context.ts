/** The circumstances of one command run: which cluster, which user, what failed so far. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectOptions } from '../shared/client/client-parts.js'
import { DfsClient } from '../shared/client/dfs-client.js'
import { DfsError, errnoOf, toDfsError } from '../shared/errors.js'
import type { CommandContext } from './command.js'
import { readCoreSite } from './core-site.js'
import { type CliIo, OutputClosed, printErrorLine } from './io.js'

const DEFAULT_FS = 'hdfs://127.0.0.1:8020'

export interface OwnedContext extends CommandContext {
  readonly exitCode: () => number
  readonly close: () => Promise<void>
}

export interface ContextOptions {
  readonly io: CliIo
  readonly verb: string
  /** What `--fs` said; asked late, since the option may stand behind the verb. */
  readonly fs: () => string | undefined
  readonly properties: Readonly<Record<string, string>>
  /** Replaces the way to a cluster: tests hand in a scripted one. */
  readonly connect?: Connect | undefined
}

/** How a client of a cluster is had. */
export type Connect = (options: ConnectOptions) => DfsClient

/** A context whose clients are opened on first use and closed together. */
export function createContext(options: ContextOptions): OwnedContext {
  const { io, verb } = options
  const connect = options.connect ?? DfsClient.connect
  const clients = new Map<string, DfsClient>()
  const user = io.environment['HADOOP_USER_NAME'] || io.osUser()
  let exitCode = 0
  let foundFs: string | undefined

  const defaultFs = () => {
    foundFs ??= chooseFs(options.fs(), io.environment)
    return foundFs
  }
  return {
    io,
    verb,
    user,
    properties: options.properties,
    defaultFs,
    client: (fs = defaultFs()) => {
      const known = clients.get(fs)
      if (known !== undefined) return known
      const client = connect({ fs, user, seams: io.seams, signal: io.signal })
      clients.set(fs, client)
      return client
    },
    fail: async (error) => {
      if (error instanceof OutputClosed || io.signal.aborted) throw error
      const failure = toDfsError(error)
      if (failure.code === 'INTERNAL' || failure.code === 'USAGE') throw error
      exitCode = failure.row.exitCode
      await printErrorLine(io, `${verb}: ${failure.message.split('\n', 1)[0]}`)
    },
    setExitCode: (code) => {
      exitCode = code
    },
    exitCode: () => exitCode,
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  }
}

/**
 * Which cluster: the option, DFS_FS, `fs.defaultFS` of HADOOP_CONF_DIR's core-site.xml, else the one on this machine.
 * @throws DfsError CONFIGURATION when core-site.xml exists and cannot be read
 */
export function chooseFs(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (option !== undefined) return option
  const fromEnvironment = environment['DFS_FS']
  if (fromEnvironment) return fromEnvironment
  const folder = environment['HADOOP_CONF_DIR']
  if (!folder) return DEFAULT_FS
  const path = join(folder, 'core-site.xml')
  try {
    return readCoreSite(readFileSync(path, 'utf8'))['fs.defaultFS'] ?? DEFAULT_FS
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return DEFAULT_FS
    throw new DfsError('CONFIGURATION', `cannot read ${path}: ${toDfsError(error).message}`, {
      cause: error,
    })
  }
}
