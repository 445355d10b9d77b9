/** `dfs node`: sends datanodes away for good or for a while, brings them back, and shows how far that is. */
import type { Command } from 'commander'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION, type NamenodeQuestion } from '../namenode-http.js'
import { printable } from '../rendering/printable.js'
import { sizeWithUnit } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'
import { timeLeft } from '../rendering/time-left.js'
import { durationArgument } from '../words.js'

interface NodeOptions {
  readonly for?: string
  readonly force?: true
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
  readonly capacityBytes: number
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

/** What each action that changes a node orders, in the words of the REST interface. */
const ORDERS: Readonly<Record<string, 'decommission' | 'maintenance' | 'none'>> = {
  decommission: 'decommission',
  maintain: 'maintenance',
  recommission: 'none',
}
const ACTIONS = ['ls', ...Object.keys(ORDERS), 'refresh', 'forget']
const DEFAULT_MAINTENANCE = '1h'

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<action>', ACTIONS.join(', '))
    .argument('[node...]', 'host name, address, address:port or UUID')
    .option('--for <time>', `how long maintenance lasts (default: ${DEFAULT_MAINTENANCE})`)
    .option('--force', 'forget also blocks that have no other replica')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs node ls',
    'dfs node maintain node3 --for 2h          off and on again without copies',
    'dfs node decommission node3               done when its state is decommissioned',
    'dfs node recommission node3',
    'dfs node refresh                          read the lists of hosts again',
    'dfs node forget node3                     it is dead and will not come back; or volumes of it are gone',
  ])
  command.action(async (action: string, names: string[], options: NodeOptions) => {
    if (action === 'forget') return await forget(context, names, options)
    if (options.force === true) throw new DfsError('USAGE', '--force goes with forget')
    const nodes = await perform(context, action, names, options)
    if (options.json === true) await printJson(context.io, nodes)
    else if (nodes.length > 0 || names.length === 0) {
      for (const line of nodeLines(nodes)) await printLine(context.io, line)
    }
  })
}

/** As `DELETE /api/v1/nodes/<node>` answers. */
interface Forgotten {
  readonly node: string
  readonly isWholeNode: boolean
  readonly volumes: number
  readonly replicas: number
  readonly blocksLost: number
}

async function forget(
  context: CommandContext,
  names: readonly string[],
  { http, force, json }: NodeOptions,
): Promise<void> {
  if (names.length === 0) throw new DfsError('USAGE', 'forget needs a node')
  const forgotten: Forgotten[] = []
  for (const name of names) {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}`
    const parameters = force === true ? { force: 'true' } : {}
    try {
      forgotten.push(await askForDocument(context, { path, method: 'DELETE', parameters, http }))
    } catch (error) {
      await context.fail(error)
    }
  }
  if (json === true) return await printJson(context.io, forgotten)
  for (const it of forgotten) {
    const what = it.isWholeNode ? it.node : `${it.volumes} volumes of ${it.node}`
    const loss = it.blocksLost === 0 ? '' : `; ${it.blocksLost} blocks had no other replica`
    await printLine(context.io, `forgot ${what} with ${it.replicas} replicas${loss}`)
  }
}

async function perform(
  context: CommandContext,
  action: string,
  names: readonly string[],
  options: NodeOptions,
): Promise<readonly NodeDescription[]> {
  if (!ACTIONS.includes(action)) {
    throw new DfsError('USAGE', `unknown action '${action}': ${ACTIONS.join(', ')}`)
  }
  const order = Object.hasOwn(ORDERS, action) ? ORDERS[action] : undefined
  if ((order !== undefined) === (names.length === 0)) {
    const text = order === undefined ? 'takes no node' : 'needs a node'
    throw new DfsError('USAGE', `${action} ${text}`)
  }
  if (options.for !== undefined && order !== 'maintenance') {
    throw new DfsError('USAGE', '--for goes with maintain')
  }
  const { http } = options
  if (action === 'ls') return await nodesOf(context, { path: '/api/v1/nodes', http })
  if (order === undefined) {
    return await nodesOf(context, { path: '/api/v1/nodes/refresh', method: 'POST', http })
  }
  const lasting =
    order === 'maintenance'
      ? { forMs: String(durationArgument(options.for ?? DEFAULT_MAINTENANCE, '--for')) }
      : {}
  const ordered: NodeDescription[] = []
  for (const name of names) {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}/order`
    const question = { path, method: 'PUT' as const, parameters: { order, ...lasting }, http }
    try {
      ordered.push(...(await nodesOf(context, question)))
    } catch (error) {
      await context.fail(error)
    }
  }
  return ordered
}

async function nodesOf(
  context: CommandContext,
  question: NamenodeQuestion,
): Promise<readonly NodeDescription[]> {
  return (await askForDocument<{ nodes: readonly NodeDescription[] }>(context, question)).nodes
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
    if (progress.openFiles.length > 0) {
      parts.push(`open: ${progress.openFiles.map(printable).join(' ')}`)
    }
  }
  return parts.join('; ')
}
