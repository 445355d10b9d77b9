/** `dfs node`: sends datanodes away for good or for a while, brings them back, and shows how far that is. */
import type { Command } from 'commander'
import { parseDurationMs } from '../../shared/config/quantities.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askNamenode, HTTP_OPTION } from '../namenode-http.js'
import { sizeWithUnit } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'
import { timeLeft } from '../rendering/time-left.js'

interface NodeOptions {
  readonly for?: string
  readonly http?: string
  readonly json?: true
}

/** As `GET /api/v1/nodes` describes a node. */
export interface NodeDescription {
  readonly uuid: string
  readonly hostname: string
  readonly address: string
  readonly rack: string
  readonly liveness: 'live' | 'stale' | 'dead'
  readonly state: string
  readonly blocks: number
  readonly usedBytes: number
  readonly order?: {
    readonly kind: 'decommission' | 'maintenance'
    readonly until?: string | null
    readonly origin: 'operator' | 'hosts-files'
  }
  readonly progress?: {
    readonly blocksLeft: number
    readonly bytesLeft: number
    readonly remainingMs?: number
    readonly waiting: Readonly<Record<string, number>>
    readonly openFiles: readonly string[]
  }
}

const ACTIONS = ['ls', 'decommission', 'maintain', 'recommission', 'refresh'] as const
const DEFAULT_MAINTENANCE = '1h'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<action>', ACTIONS.join(', '))
    .argument('[node...]', 'host name, address, address:port or UUID')
    .option('--for <time>', `how long maintenance lasts (default: ${DEFAULT_MAINTENANCE})`)
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs node ls',
    'dfs node maintain node3 --for 2h          off and on again without copies',
    'dfs node decommission node3               done when its state is decommissioned',
    'dfs node recommission node3',
    'dfs node refresh                          read the lists of hosts again',
  ])
  command.action(async (action: string, names: string[], options: NodeOptions) => {
    const nodes = await perform(context, action, names, options)
    if (options.json === true) await printJson(context.io, nodes)
    else for (const line of nodeLines(nodes)) await printLine(context.io, line)
  })
}

async function perform(
  context: CommandContext,
  action: string,
  names: readonly string[],
  options: NodeOptions,
): Promise<readonly NodeDescription[]> {
  const { http } = options
  const user = { 'user.name': context.user }
  const isOrder = action === 'decommission' || action === 'maintain' || action === 'recommission'
  if (isOrder === (names.length === 0)) {
    throw new DfsError('USAGE', isOrder ? `${action} needs a node` : `${action} takes no node`)
  }
  switch (action) {
    case 'ls':
      return await nodesOf(await askNamenode(context, { path: '/api/v1/nodes', http }))
    case 'refresh':
      return await nodesOf(
        await askNamenode(context, {
          path: '/api/v1/nodes/refresh',
          method: 'POST',
          parameters: user,
          http,
        }),
      )
    case 'decommission':
    case 'maintain':
    case 'recommission': {
      const parameters = { ...user, ...orderParameters(action, options.for) }
      const ordered: NodeDescription[] = []
      for (const name of names) {
        const path = `/api/v1/nodes/${encodeURIComponent(name)}/order`
        const answer = await askNamenode(context, { path, method: 'PUT', parameters, http })
        ordered.push(...(await nodesOf(answer)))
      }
      return ordered
    }
    default:
      throw new DfsError('USAGE', `unknown action '${action}'`)
  }
}

function orderParameters(
  action: 'decommission' | 'maintain' | 'recommission',
  lasting: string | undefined,
): Record<string, string> {
  if (lasting !== undefined && action !== 'maintain') {
    throw new DfsError('USAGE', '--for goes with maintain')
  }
  if (action !== 'maintain') return { order: action === 'decommission' ? action : 'none' }
  const forMs = parseDurationMs(lasting ?? DEFAULT_MAINTENANCE)
  if (forMs === undefined || forMs === 0) {
    throw new DfsError('USAGE', `--for needs a time such as 2h or 30m, not '${lasting}'`)
  }
  return { order: 'maintenance', forMs: String(forMs) }
}

async function nodesOf(response: Response): Promise<readonly NodeDescription[]> {
  const { nodes } = (await response.json()) as { nodes: readonly NodeDescription[] }
  return nodes
}

/** Pure. */
export function nodeLines(nodes: readonly NodeDescription[]): string[] {
  const rows = nodes.map((it) => [
    it.hostname,
    it.address,
    it.rack,
    it.liveness,
    it.state,
    `${it.blocks}`,
    sizeWithUnit(it.usedBytes),
    remarkOn(it),
  ])
  const head = ['HOST', 'ADDRESS', 'RACK', 'LIVENESS', 'STATE', 'BLOCKS', 'USED', '']
  return renderTable([head, ...rows], { right: [5, 6] }).map((line) => line.trimEnd())
}

function remarkOn({ order, progress }: NodeDescription): string {
  const parts: string[] = []
  if (order?.until !== undefined && order.until !== null) parts.push(`until ${order.until}`)
  if (order?.origin === 'hosts-files') parts.push('by the lists of hosts')
  if (progress !== undefined) {
    parts.push(`${progress.blocksLeft} blocks (${sizeWithUnit(progress.bytesLeft)}) left`)
    const waiting = Object.entries(progress.waiting).filter(([, count]) => count > 0)
    if (waiting.length > 0) {
      parts.push(`waiting: ${waiting.map(([cause, count]) => `${count} ${cause}`).join(', ')}`)
    }
    if (progress.remainingMs !== undefined) parts.push(`about ${timeLeft(progress.remainingMs)}`)
    if (progress.openFiles.length > 0) parts.push(`open: ${progress.openFiles.join(' ')}`)
  }
  return parts.join('; ')
}
