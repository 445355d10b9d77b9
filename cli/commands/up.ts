/** `dfs up`: a namenode and datanodes as processes of this machine, until Ctrl-C. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readOrCreateClusterToken } from '../../shared/config/cluster-token.js'
import type { LoadedSettings } from '../../shared/config/load-settings.js'
import type { SettingKey } from '../../shared/config/settings.js'
import { DfsError } from '../../shared/errors.js'
import { localHostOf } from '../../shared/ip-address.js'
import { type CommandContext, examples } from '../command.js'
import { type CliIo, printErrorLine, printLine } from '../io.js'
import { addSettingsOptions, flagAssignment, readSettings } from '../server-settings.js'
import type { Exit } from '../up/child-server.js'
import { ClusterFolder, type DatanodePorts } from '../up/cluster-folder.js'
import { type ClusterView, LocalCluster } from '../up/local-cluster.js'
import { endsWithParent, ownStanding, parentGone } from '../up/parent-watch.js'

interface Options {
  readonly data: string
  readonly datanodes: string
  readonly rpcPort?: string
  readonly httpPort?: string
  readonly blockSize?: string
  readonly replication?: string
  readonly minBlockSize?: string
  readonly trashInterval?: string
  readonly config?: string
  readonly set: readonly string[]
  readonly outliveParent?: boolean
  readonly json?: boolean
}

const MAX_DATANODES = 100

export function register(command: Command, context: CommandContext): void {
  const { io } = context
  command
    .option('--data <folder>', 'where everything is kept', 'dfs-data')
    .option('--datanodes <number>', 'how many datanodes', '3')
    .option('--rpc-port <port>', 'hdfs:// port; 0 takes a free one (default: 8020)')
    .option('--http-port <port>', 'port of REST and metrics; 0 takes a free one (default: 9870)')
    .option('--block-size <size>', 'as 1048576, 1MiB, 128m (default: 128MiB)')
    .option('--replication <number>', 'replicas of new files (default: 3, or all datanodes)')
    .option('--min-block-size <size>', 'smallest a client may ask for; 0 allows any')
    .option('--trash-interval <minutes>', 'how long deleted files are kept; 0 switches it off')
  addSettingsOptions(command)
    .option('--outlive-parent', 'go on when the process that started it is gone')
    .option('--json', 'print all addresses and pids as one JSON object when ready')
    .action((options: Options) => up(options, io, context.setExitCode))
  examples(command, [
    'dfs up',
    'dfs up --data /srv/dfs --datanodes 4 --block-size 64m',
    'dfs up --rpc-port 0 --http-port 0 --json --set liveness.dead-after=10s',
  ])
}

async function up(options: Options, io: CliIo, setExitCode: (code: number) => void): Promise<void> {
  const count = datanodeCount(options.datanodes)
  const settings = readSettings(io, options, flags(options, io))
  const folder = new ClusterFolder(absolute(options.data, io))
  readOrCreateClusterToken(
    { ...settings.values, 'cluster.token-file': folder.tokenFile },
    io.seams.random,
  )
  const ending = new AbortController()
  const signal = AbortSignal.any([io.signal, ending.signal])
  if (options.outliveParent !== true) endWithParent(io, ending)
  const cluster = new LocalCluster({
    folder,
    clock: io.seams.clock,
    host: localHostOf(settings.values['network.bind-host']),
    rpcPort: settings.values['namenode.rpc-port'],
    httpPort: settings.values['namenode.http-port'],
    datanodePorts: givenPorts(settings, count),
    arguments: settings.file === undefined ? [] : ['--config', settings.file],
    settings: { ...defaults(settings, count, io), ...writtenSettings(options, io) },
    environment: io.environment,
    onLoss: (name, pid, exit) => reportLoss(io, folder, name, pid, exit),
    onWaiting: (reason) => io.stderr.write(`dfs up: waiting: ${reason.slice(0, 500)}\n`),
  })
  try {
    const view = await cluster.start(signal)
    await announce(io, folder, view, options.json === true)
    await Promise.race([aborted(signal), cluster.whenAllEnded()])
    if (!signal.aborted) {
      setExitCode(1)
      await printErrorLine(io, 'dfs up: no server is left')
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await cluster.stop()
    ending.abort()
  }
}

/** Aborts `ending` when the process that started this one is gone, unless it is meant to stay. */
function endWithParent(io: CliIo, ending: AbortController): void {
  const standing = ownStanding(io.environment)
  if (!endsWithParent(standing)) return
  const { parentPid } = standing
  const end = () => {
    io.stderr.write(
      `dfs up: stopping, since the process that started it (pid ${parentPid}) is gone\n`,
    )
    ending.abort(new DfsError('INTERRUPTED', 'the parent process is gone'))
  }
  // Gone already: no server is to be started at all.
  if (process.ppid !== parentPid) end()
  else void parentGone(io.seams.clock, parentPid, () => process.ppid, ending.signal).then(end)
}

function datanodeCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MAX_DATANODES) return count
  throw new DfsError('USAGE', `--datanodes must be between 1 and ${MAX_DATANODES}, not '${text}'`)
}

function flags(options: Options, io: CliIo) {
  const trash = options.trashInterval
  const trashInterval = trash === undefined || /\D/.test(trash) ? trash : `${trash}m`
  const table: readonly (readonly [SettingKey, string, string | undefined])[] = [
    ['namenode.rpc-port', '--rpc-port', options.rpcPort],
    ['namenode.http-port', '--http-port', options.httpPort],
    ['block.size', '--block-size', options.blockSize],
    ['block.min-size', '--min-block-size', options.minBlockSize],
    ['replication.target', '--replication', options.replication],
    ['trash.interval', '--trash-interval', trashInterval],
  ]
  return table.flatMap(([key, flag, value]) => flagAssignment(key, flag, value, io))
}

/** What the user wrote, handed on to every process in the same words. */
function writtenSettings(options: Options, io: CliIo): Record<string, string> {
  const written: Record<string, string> = {}
  for (const assignment of options.set) {
    const equals = assignment.indexOf('=')
    written[assignment.slice(0, equals).trim()] = assignment.slice(equals + 1).trim()
  }
  for (const { key, text } of flags(options, io)) written[key] = text
  return written
}

/** On one machine some defaults are better than those of a cluster. */
function defaults(
  { values, origin }: LoadedSettings,
  count: number,
  io: CliIo,
): Record<string, string> {
  const better: Record<string, string> = {}
  // More replicas than nodes would leave every file under-replicated for ever.
  const replication = Math.min(values['replication.target'], count)
  if (origin('replication.target') === 'default') better['replication.target'] = String(replication)
  // Whoever reaches the loopback interface may claim any name anyway: spare curl the trouble.
  if (origin('permission.anonymous-user') === 'default') {
    better['permission.anonymous-user'] = io.osUser()
  }
  // A share of a developer's disk can be more than what is free on it.
  if (origin('datanode.reserved') === 'default') better['datanode.reserved'] = '1GiB'
  return better
}

/** Ports in the settings are the first datanode's; the others follow in steps of ten. */
function givenPorts(
  { values, origin }: LoadedSettings,
  count: number,
): (DatanodePorts | undefined)[] {
  const keys = ['datanode.transfer-port', 'datanode.http-port', 'datanode.ipc-port'] as const
  const isGiven = keys.some((key) => origin(key) !== 'default')
  return Array.from({ length: count }, (_, index) => {
    if (!isGiven) return undefined
    const [transferPort, httpPort, ipcPort] = keys.map((key) =>
      values[key] === 0 ? 0 : values[key] + 10 * index,
    )
    return { transferPort: transferPort ?? 0, httpPort: httpPort ?? 0, ipcPort: ipcPort ?? 0 }
  })
}

async function announce(
  io: CliIo,
  folder: ClusterFolder,
  view: ClusterView,
  asJson: boolean,
): Promise<void> {
  const { rpcPort, httpPort } = view.namenode.addresses
  const fs = `hdfs://127.0.0.1:${rpcPort}`
  const http = `http://127.0.0.1:${httpPort}`
  if (asJson) {
    const server = ({ name, pid, dataFolder, addresses }: ClusterView['namenode']) => ({
      name,
      pid,
      dataFolder,
      ...addresses,
    })
    const state = {
      ready: true,
      pid: process.pid,
      dataFolder: folder.path,
      fs,
      http,
      namenode: server(view.namenode),
      datanodes: view.datanodes.map(server),
    }
    await printLine(io, JSON.stringify(state))
    return
  }
  const which = rpcPort === 8020 ? '' : ` --fs ${fs}`
  const lines = [
    `namenode    ${fs}  ${http}/  (pid ${view.namenode.pid})`,
    ...view.datanodes.map(
      ({ name, pid, addresses }) =>
        `${name.padEnd(11)} data 127.0.0.1:${addresses['transferPort']}  ` +
        `http://127.0.0.1:${addresses['httpPort']}/  (pid ${pid})`,
    ),
    `data in ${folder.path}, logs in ${folder.path}/logs`,
    '',
    'Try:',
    `  dfs${which} put README.md /README.md`,
    `  curl -L -T README.md ${http}/api/v1/files/hello.md`,
    `  hdfs dfs -fs ${fs} -ls /`,
    '',
    'ready',
  ]
  for (const line of lines) await printLine(io, line)
}

function reportLoss(io: CliIo, folder: ClusterFolder, name: string, pid: number, exit: Exit): void {
  const how = exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`
  io.stderr.write(`dfs up: ${name} (pid ${pid}) ${how}; its log is ${folder.logFile(name)}\n`)
}

const absolute = (path: string, io: CliIo): string => resolve(io.workingDirectory(), path)

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
}
