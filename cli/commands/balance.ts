/** `dfs balance`: how evenly the datanodes are filled, and what is being moved; the cluster does that work by itself. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { printable } from '../rendering/printable.js'
import { percent, sizeWithUnit } from '../rendering/sizes.js'
import { renderTable } from '../rendering/table.js'
import type { NodeDescription } from './node.js'

/** From `GET /api/v1/cluster`. */
interface MovementDocument {
  readonly movement: {
    readonly pendingMoves: number
    readonly movedBlocks: number
    readonly movedBytes: number
    readonly failedMoves: number
    /** Share of its capacity by which a datanode may be off the average, 0 to 1; 1 switches balancing off. */
    readonly threshold: number
    /** The greatest distance from the average, 0 to 1. */
    readonly unevenness: number
    readonly isBalanced: boolean
    readonly policyRequests: number
  }
}

/** From `GET /api/v1/nodes`. */
interface NodesDocument {
  readonly nodes: readonly Pick<
    NodeDescription,
    'hostname' | 'address' | 'liveness' | 'usedBytes' | 'capacityBytes'
  >[]
}

export type BalanceDocument = MovementDocument & NodesDocument

export function register(command: Command, context: CommandContext): void {
  command.option(...HTTP_OPTION).option('--json', 'print a JSON document')
  examples(command, ['dfs balance', 'dfs balance --json'])
  command.action(async ({ http, json }: { readonly http?: string; readonly json?: true }) => {
    const ask = <T>(path: string): Promise<T> => askForDocument(context, { path, http })
    const { movement } = await ask<MovementDocument>('/api/v1/cluster')
    if (json === true) return await printJson(context.io, movement)
    const { nodes } = await ask<NodesDocument>('/api/v1/nodes')
    for (const line of balanceLines({ movement, nodes })) await printLine(context.io, line)
  })
}

/** Pure. */
export function balanceLines({ movement, nodes }: BalanceDocument): string[] {
  const { threshold, unevenness, isBalanced, pendingMoves, policyRequests } = movement
  const off = percent(unevenness, 1, 1)
  const allowed = percent(threshold, 1, 1)
  const verdict = isBalanced ? 'balanced' : 'not balanced yet'
  const rows = nodes.map(({ hostname, address, liveness, usedBytes, capacityBytes }) => {
    const share = capacityBytes === 0 ? '' : percent(usedBytes, capacityBytes, 1)
    return [printable(hostname), address, liveness, sizeWithUnit(usedBytes), share]
  })
  const done = `${movement.movedBlocks} blocks (${sizeWithUnit(movement.movedBytes)}) since the namenode started`
  return [
    threshold >= 1
      ? 'balancing is off (movement.balance-threshold)'
      : `${verdict}: at most ${off} off the average, ${allowed} are allowed (movement.balance-threshold)`,
    `moves under way: ${pendingMoves}; moved: ${done}; failed: ${movement.failedMoves}`,
    ...(policyRequests === 0 ? [] : [`waiting for their storage policy: ${policyRequests}`]),
    '',
    ...renderTable([['HOST', 'ADDRESS', 'LIVENESS', 'USED', 'USED%'], ...rows], { right: [3, 4] }),
  ].map((line) => line.trimEnd())
}
