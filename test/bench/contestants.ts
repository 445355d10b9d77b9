/** The clusters that are compared: one namenode and three datanodes each, with the settings they come with. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DfsClient } from '../../shared/client/dfs-client.js'
import {
  APACHE_VERSION,
  ApacheHdfs,
  apacheJars,
  NEEDED_JAVA_OPTION,
} from '../support/apache-hdfs.js'

const MIB = 1024 * 1024
const DFS_COMMAND = join(dirname(dirname(import.meta.dirname)), 'bin', 'dfs')

export interface Contestant {
  readonly name: string
  /** `hdfs://127.0.0.1:port`. */
  readonly fs: string
  /** Every process that it takes, also one that only watches the others. */
  readonly pids: readonly number[]
  /** From an empty disk to the first file that is written and closed, seconds. */
  readonly firstWriteSeconds: number
  /** The command that lists the root. */
  readonly listCommand: readonly [string, ...string[]]
  stop(): Promise<void>
}

/** Apache's defaults: what shortens waiting in tests is set back to what it was. */
const APACHE_DEFAULTS = {
  'dfs.namenode.fs-limits.min-block-size': String(MIB),
  'dfs.blocksize': String(128 * MIB),
  'dfs.heartbeat.interval': '3',
  'dfs.namenode.heartbeat.recheck-interval': '300000',
}

/** @param properties beside the defaults, such as `dfs.datanode.synconclose` */
export async function startApache(
  properties: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  // What it is made of may have to be fetched first.
  await apacheJars()
  const began = performance.now()
  const cluster = await ApacheHdfs.start({
    datanodes: 3,
    properties: { ...APACHE_DEFAULTS, ...properties },
    javaOptions: NEEDED_JAVA_OPTION,
  })
  const { fs, pids } = cluster
  await writeFirstFile(fs)
  const shell = ['-cp', cluster.classPath, 'org.apache.hadoop.fs.FsShell']
  return {
    name: `Apache HDFS ${APACHE_VERSION}`,
    fs,
    pids,
    firstWriteSeconds: (performance.now() - began) / 1000,
    listCommand: ['java', NEEDED_JAVA_OPTION, ...shell, '-ls', '/'],
    stop: () => cluster.stop(),
  }
}

/**
 * @param settings as for `--set`: none for the figures that count
 * @param command of another checkout, to compare two states of ours
 */
export async function startOurs(
  settings: readonly string[] = [],
  command = DFS_COMMAND,
): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'dfs-bench-'))
  const began = performance.now()
  const child = spawn(
    command,
    [
      ...['up', '--json', '--data', folder, '--rpc-port', '0', '--http-port', '0'],
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const state = await readState(child)
    await writeFirstFile(state.fs)
    const datanodes = state.datanodes.map(({ pid }) => pid)
    return {
      name: 'dfs',
      fs: state.fs,
      pids: [state.pid, state.namenode.pid, ...datanodes],
      firstWriteSeconds: (performance.now() - began) / 1000,
      listCommand: [command, '--fs', state.fs, 'ls', '/'],
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface UpState {
  readonly fs: string
  readonly pid: number
  readonly namenode: { readonly pid: number }
  readonly datanodes: readonly { readonly pid: number }[]
}

async function readState(child: ChildProcess): Promise<UpState> {
  if (child.stdout === null) throw new Error('no pipe to dfs up')
  for await (const line of createInterface({ input: child.stdout })) {
    return JSON.parse(line)
  }
  throw new Error('dfs up ended without a word')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function writeFirstFile(fs: string): Promise<void> {
  const client = DfsClient.connect({ fs })
  try {
    await client.writeFile('/first', 'written')
  } finally {
    await client.close()
  }
}
