/**
 * `dfs drill kill-datanode`: rehearses the loss of a node and measures what follows. The process is frozen, not ended:
 * to the cluster that is the same silence, nothing can be lost by it, and it goes on whatever happens to the drill.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { askNamenode } from '../../shared/client/namenode-web.js'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { timeLeft } from '../rendering/time-left.js'
import { countArgument, numberArgument } from '../words.js'
import { readStatus, type StatusDocument } from './status.js'

interface DrillOptions {
  readonly pid: string
  readonly http?: string
  readonly timeout: string
  readonly json?: true
}

/** Milliseconds from the moment the process was frozen; undefined for what did not come in time. */
export interface DrillReport {
  readonly node: string
  readonly staleAfterMs: number | undefined
  readonly deadAfterMs: number | undefined
  readonly repairedAfterMs: number | undefined
  /** From the moment it went on. */
  readonly backAfterMs: number | undefined
  readonly isPassed: boolean
}

/** As `GET /api/v1/nodes/<node>/loss` answers. */
interface LossForecast {
  readonly node: string
  readonly httpAddress: string
  readonly otherLiveNodes: number
  readonly lostBlocks: number
  readonly stuckBlocks: number
  readonly stuckExample?: number
}

const POLL_MS = 200
const MIN_NODES = 2

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<drill>', 'kill-datanode')
    .argument('<node>', 'host name, address:port or UUID of the datanode')
    .requiredOption('--pid <pid>', 'its process on this machine (dfs up --json names it)')
    .option('--timeout <seconds>', 'give up each step after so long', '600')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, ['dfs drill kill-datanode 127.0.0.1:9866 --pid 4711'])
  command.action(async (drill: string, name: string, options: DrillOptions) => {
    if (drill !== 'kill-datanode') throw new DfsError('USAGE', `unknown drill '${drill}'`)
    const report = await rehearse(context, name, options)
    context.setExitCode(report.isPassed ? 0 : 1)
    if (options.json === true) await printJson(context.io, report)
    else for (const line of drillLines(report)) await printLine(context.io, line)
  })
}

type Node = StatusDocument['nodes'][number]
type Look = (status: StatusDocument, node: Node | undefined) => boolean

async function rehearse(
  context: CommandContext,
  name: string,
  options: DrillOptions,
): Promise<DrillReport> {
  const { clock } = context.io.seams
  const pid = numberArgument(options.pid, '--pid', 2)
  const timeoutMs = countArgument(options.timeout, '--timeout') * 1000
  const uuid = await requireSafe(context, name, pid, options.http)
  const wait = async (sinceMs: number, look: Look): Promise<number | undefined> => {
    for (;;) {
      const status = await readStatus(context, options.http)
      const elapsedMs = Math.round(clock.monotonicMs() - sinceMs)
      const found = status.nodes.find((it) => it.uuid === uuid)
      if (look(status, found)) return elapsedMs
      if (elapsedMs > timeoutMs) return undefined
      await clock.sleep(POLL_MS, context.io.signal)
    }
  }
  const thaw = freeze(pid)
  const frozenMs = clock.monotonicMs()
  let times: Pick<DrillReport, 'staleAfterMs' | 'deadAfterMs' | 'repairedAfterMs'>
  try {
    const staleAfterMs = await wait(frozenMs, (_, node) => node?.liveness !== 'live')
    // A wrong process was frozen, or one that beats on: nothing more is to be learned.
    const isGone = staleAfterMs !== undefined
    const deadAfterMs = isGone
      ? await wait(frozenMs, (_, node) => node?.liveness === 'dead')
      : undefined
    const repairedAfterMs = deadAfterMs === undefined ? undefined : await wait(frozenMs, isRepaired)
    times = { staleAfterMs, deadAfterMs, repairedAfterMs }
  } finally {
    thaw()
  }
  const backMs = clock.monotonicMs()
  const backAfterMs = await wait(
    backMs,
    (status, node) => node?.liveness === 'live' && status.health === 'ok',
  )
  const isPassed = times.repairedAfterMs !== undefined && backAfterMs !== undefined
  return { node: name, ...times, backAfterMs, isPassed }
}

/** The dead node itself keeps the cluster from being well: what counts are its blocks. */
function isRepaired({ blocks, pendingCopies, isSettled }: StatusDocument): boolean {
  const lacking = ['missing', 'single-copy', 'badly-under', 'under'].some(
    (risk) => (blocks[risk] ?? 0) > 0,
  )
  return isSettled && !lacking && pendingCopies === 0
}

/** @returns the UUID of the node @throws DfsError NOT_FOUND, ILLEGAL_ARGUMENT, CONFLICT for what must not be tried */
async function requireSafe(
  context: CommandContext,
  name: string,
  pid: number,
  http: string | undefined,
): Promise<string> {
  const { health } = await readStatus(context, http)
  if (health !== 'ok') {
    throw new DfsError('CONFLICT', `no drill now: the cluster is ${health} (dfs status)`)
  }
  const path = `/api/v1/nodes/${encodeURIComponent(name)}/loss`
  const forecast = await askForDocument<LossForecast>(context, { path, http })
  const { node, httpAddress, otherLiveNodes, lostBlocks, stuckBlocks, stuckExample } = forecast
  if (otherLiveNodes < MIN_NODES) {
    throw new DfsError('CONFLICT', `no drill: only ${otherLiveNodes} other datanode(s) are live`)
  }
  if (lostBlocks > 0) {
    throw new DfsError('CONFLICT', `no drill: ${lostBlocks} blocks have no good replica elsewhere`)
  }
  if (stuckBlocks > 0) {
    throw new DfsError(
      'CONFLICT',
      `no drill: no other datanode could take a copy of ${stuckBlocks} blocks, such as blk_${stuckExample}: add a node`,
    )
  }
  const answer = await askNamenode(new URL(`http://${httpAddress}/healthz`), {
    signal: context.io.signal,
  })
  const { pid: actual } = (await answer.json()) as { readonly pid?: number }
  if (actual === undefined || !pidsOf(pid).includes(actual)) {
    throw new DfsError('CONFLICT', `no drill: process ${pid} is not datanode ${name}`)
  }
  return node
}

/** A process, and what it is called inside of the container that it runs in. */
function pidsOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return [pid]
  const names = /^NSpid:(.*)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? ''
  return [pid, ...names.trim().split(/\s+/).map(Number)]
}

/**
 * Freezes a process until the returned function is called, or this process ends, however it ends: then a shell that
 * waits at the other end of a pipe lets it go on. That shell does not belong to the terminal, whose Ctrl-C would end it.
 */
export function freeze(pid: number): () => void {
  const script = 'read -r _; kill -CONT "$0"'
  const guard = spawn('/bin/sh', ['-c', script, `${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  if (guard.pid === undefined) {
    guard.on('error', () => {})
    throw new DfsError('CONFLICT', 'no drill: there is no /bin/sh that would end it')
  }
  guard.unref()
  try {
    signal(pid, 'SIGSTOP')
  } catch (error) {
    guard.kill()
    throw error
  }
  return () => {
    guard.stdin.destroy()
    signal(pid, 'SIGCONT')
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    const reason = errnoOf(error) === 'ESRCH' ? 'there is none' : String(error)
    throw new DfsError('CONFLICT', `cannot signal process ${pid}: ${reason}`, { cause: error })
  }
}

/** Pure. */
export function drillLines(report: DrillReport): string[] {
  const time = (ms: number | undefined) => (ms === undefined ? 'not in time' : timeLeft(ms))
  return [
    `Node ${report.node} was frozen`,
    `  missed (stale) after: ${time(report.staleAfterMs)}`,
    `  taken for dead after: ${time(report.deadAfterMs)}`,
    `  every block whole after: ${time(report.repairedAfterMs)}`,
    `  back and well, from its return: ${time(report.backAfterMs)}`,
    report.isPassed ? 'Passed' : 'Failed',
  ]
}
