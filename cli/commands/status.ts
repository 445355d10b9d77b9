/** `dfs status`: what is at risk now. Its exit code is the health: 0 ok, 1 degraded, 2 at risk, 3 lost, 4 nobody knows. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { printable } from '../rendering/printable.js'
import { renderTable } from '../rendering/table.js'
import { timeLeft } from '../rendering/time-left.js'

interface StatusOptions {
  readonly http?: string
  readonly json?: true
  readonly watch?: true
}

/** As `GET /api/v1/status` gives it. */
export interface StatusDocument {
  readonly health: 'ok' | 'degraded' | 'at-risk' | 'lost'
  readonly blocks: Readonly<Record<string, number>>
  readonly corruptBlocks: number
  readonly isSettled: boolean
  readonly pendingCopies: number
  readonly queuedBlocks: number
  readonly remainingMs?: number
  readonly writes: { readonly ready: boolean; readonly reason?: string }
  readonly nodes: readonly {
    readonly uuid: string
    readonly hostname: string
    readonly address: string
    readonly liveness: string
    readonly state: string
    readonly failedStorages: number
  }[]
  /** Absent from namenodes that do not compare. */
  readonly slowStorages?: readonly {
    readonly node: string
    readonly storageId: string
    readonly type: string
    readonly call: string
    readonly meanMs: number
    readonly usualMs: number
    /** New blocks and readers go elsewhere if they can. */
    readonly isAvoided?: boolean
  }[]
  readonly examples: readonly {
    readonly block: number
    readonly path?: string
    readonly risk: string
    readonly goodCopies: number
    readonly target: number
    readonly since: string
    readonly why: string
  }[]
}

const EXIT_CODES = { ok: 0, degraded: 1, 'at-risk': 2, lost: 3 } as const
/** An answer that did not come must not look like a mild one. */
const EXIT_UNKNOWN = 4
const WATCH_PERIOD_MS = 2000

export function register(command: Command, context: CommandContext): void {
  command
    .option(...HTTP_OPTION)
    .option('--watch', 'again every 2 s, until interrupted')
    .option('--json', 'print a JSON document; with --watch one on each line')
  examples(command, ['dfs status', 'dfs status --json', 'dfs status || page-somebody'])
  command.action(async (options: StatusOptions) => {
    for (;;) {
      let status: StatusDocument
      try {
        status = await readStatus(context, options.http)
      } catch (error) {
        await context.fail(error)
        return context.setExitCode(EXIT_UNKNOWN)
      }
      context.setExitCode(EXIT_CODES[status.health])
      if (options.json === true && options.watch === true) {
        await printLine(context.io, JSON.stringify(status))
      } else if (options.json === true) await printJson(context.io, status)
      else for (const line of statusLines(status)) await printLine(context.io, line)
      if (options.watch !== true) return
      await context.io.seams.clock.sleep(WATCH_PERIOD_MS, context.io.signal)
    }
  })
}

/** @throws DfsError as the call does */
export const readStatus = (
  context: CommandContext,
  http: string | undefined,
): Promise<StatusDocument> => askForDocument(context, { path: '/api/v1/status', http })

const RISK_WORDS = [
  ['missing', 'without a good copy in reach'],
  ['single-copy', 'with one good copy left'],
  ['badly-under', 'with a third of their copies or less'],
  ['under', 'with too few copies'],
  ['badly-placed', 'on one rack only'],
  ['surplus', 'with too many copies'],
  ['unknown', 'that no file knows'],
] as const

/** Pure. */
export function statusLines(status: StatusDocument): string[] {
  const lines = [`Health: ${status.health}`]
  if (!status.writes.ready) lines.push(`Safe mode: ${status.writes.reason ?? 'on'}`)
  const count = (of: (node: StatusDocument['nodes'][number]) => boolean) =>
    status.nodes.filter(of).length
  lines.push(
    `Datanodes: ${count((it) => it.liveness === 'live')} live, ${count((it) => it.liveness === 'stale')} stale, ${count((it) => it.liveness === 'dead')} dead`,
  )
  for (const node of status.nodes) {
    const isQuiet = node.liveness === 'live' && node.state === 'normal' && node.failedStorages === 0
    if (isQuiet) continue
    const failed = node.failedStorages > 0 ? `, ${node.failedStorages} failed volume(s)` : ''
    lines.push(`  ${node.hostname} (${node.address}): ${node.liveness}, ${node.state}${failed}`)
  }
  for (const it of status.slowStorages ?? []) {
    const { node, storageId, type, call, meanMs, usualMs, isAvoided } = it
    const figures = `${Math.round(meanMs)} ms for a ${call}, ${usualMs.toFixed(1)} ms is usual`
    lines.push(
      `  slow disk: ${node}, ${type} ${storageId}: ${figures}${isAvoided === true ? '; avoided' : ''}`,
    )
  }
  for (const [risk, words] of RISK_WORDS) {
    const blocks = status.blocks[risk] ?? 0
    if (blocks > 0) lines.push(`Blocks ${words}: ${blocks}`)
  }
  if (status.corruptBlocks > 0) lines.push(`Blocks with a bad copy: ${status.corruptBlocks}`)
  if (status.pendingCopies + status.queuedBlocks > 0) {
    const left = status.remainingMs === undefined ? '' : `, about ${timeLeft(status.remainingMs)}`
    lines.push(`Repair: ${status.pendingCopies} copies, ${status.queuedBlocks} waiting${left}`)
  }
  return [...lines, ...exampleLines(status)]
}

function exampleLines({ examples: blocks }: StatusDocument): string[] {
  if (blocks.length === 0) return []
  const rows = blocks.map((it) => [
    `blk_${it.block}`,
    `${it.goodCopies}/${it.target}`,
    it.since,
    printable(it.path ?? ''),
    it.why,
  ])
  return ['', ...renderTable([['BLOCK', 'COPIES', 'SINCE', 'FILE', 'WHY NOT YET'], ...rows])]
}
