/**
 * Foreign clients for the interop tests: installed from the package registries once, into a folder that survives the run
 * (DFS_CLIENTS_FOLDER, else node_modules/.cache/dfs-clients), and run as child processes with a limit on their time.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../../shared/clock.js'
import { errnoOf } from '../../shared/errors.js'

const PROJECT = dirname(dirname(import.meta.dirname))
const RUN_TIMEOUT_MS = 5 * 60_000

export interface RunOptions {
  readonly cwd?: string
  /** Beside the environment of the test. */
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
}

export interface RunResult {
  /** undefined when a signal ended it, also the one that ends it when its time is up. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/**
 * The folder of an installed client; `install` fills it when it is not there yet. A failed installation leaves nothing.
 *
 * @param name with the version in it (`go-hdfs-2.4.0`): another version is another folder
 */
export async function installedClient(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const parent =
    process.env['DFS_CLIENTS_FOLDER'] ?? join(PROJECT, 'node_modules', '.cache', 'dfs-clients')
  const folder = join(parent, name)
  if (existsSync(folder)) return folder
  mkdirSync(parent, { recursive: true })
  await oneAtATime(join(parent, 'installing'), async () => {
    if (existsSync(folder)) return
    const unfinished = `${folder}.unfinished-${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    try {
      await install(unfinished)
      renameSync(unfinished, folder)
    } finally {
      rmSync(unfinished, { recursive: true, force: true })
    }
  })
  return folder
}

/** An installation may need another client's. */
let installationsUnderWay = 0

/**
 * Two files of tests run at a time, and package managers share caches that not all of them guard: whoever installs holds
 * a file with its process in it. That of a process which is gone counts for nothing.
 */
async function oneAtATime(lock: string, work: () => Promise<void>): Promise<void> {
  while (installationsUnderWay === 0 && !takes(lock)) await systemClock.sleep(500)
  installationsUnderWay += 1
  try {
    await work()
  } finally {
    installationsUnderWay -= 1
    if (installationsUnderWay === 0) rmSync(lock, { force: true })
  }
}

function takes(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  try {
    if (!isRunning(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true })
  } catch (error) {
    // Given back meanwhile.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  return false
}

/** A holder that has not written its number yet is at work. */
function isRunning(pid: number): boolean {
  try {
    return pid === 0 || process.kill(pid, 0)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false
    throw error
  }
}

/** Runs a program to its end; a failing one is an answer like any other (`runSuccessfully` throws). */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: 'pipe',
    timeout: options.timeoutMs ?? RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  const texts = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text
    })
  }
  // A program that ends without reading its input is no failure of ours.
  child.stdin.on('error', () => child.stdin.destroy())
  child.stdin.end(options.input)
  const exitCode = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? undefined))
  })
  return { exitCode, ...texts }
}

/** @returns what it printed; throws with all of its output when it does not exit with 0 */
export async function runSuccessfully(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, args, options)
  if (exitCode === 0) return stdout
  throw new Error(
    `${command} ${args.join(' ')}: exit code ${exitCode ?? 'none'}\n${stderr}\n${stdout}`,
  )
}
