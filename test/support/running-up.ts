/** `dfs up` as a process of its own, and what it says about its servers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { programPath } from '../../cli/up/program-path.js'
import { waitUntil } from './wait-until.js'

export interface Server {
  readonly pid: number
  readonly transferPort: number
}
export interface UpState {
  readonly pid: number
  readonly fs: string
  readonly http: string
  readonly namenode: Server
  readonly datanodes: readonly Server[]
}

export interface RunningUp {
  readonly child: ChildProcess
  readonly output: string[]
  readonly complaints: string[]
}

export function startUp(folder: string, ...flags: string[]): RunningUp {
  const words = ['up', '--data', folder, '--rpc-port', '0', '--http-port', '0', ...flags]
  const child = spawn(programPath(), words, {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  const complaints: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => output.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return { child, output, complaints }
}

export async function stateOf({ output, complaints }: RunningUp): Promise<UpState> {
  const line = await waitUntil(() => output[0], {
    what: 'the line of --json',
    explain: () => complaints,
  })
  return JSON.parse(line) as UpState
}

export const pids = (state: UpState) => [state.namenode, ...state.datanodes].map(({ pid }) => pid)

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

export const allGone = (state: UpState) =>
  waitUntil(() => !pids(state).some(isAlive), { what: 'every server to end', timeoutMs: 15_000 })
