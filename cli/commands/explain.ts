/** `dfs explain`: what became of the blocks of a file, or of one block, and why. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askForDocument, HTTP_OPTION } from '../namenode-http.js'
import { locate } from '../path-items.js'
import { printable } from '../rendering/printable.js'

interface ExplainOptions {
  readonly http?: string
  readonly json?: true
}

/** As `GET /api/v1/explain` gives it. */
export interface ExplainDocument {
  readonly blocks: readonly {
    readonly block: number
    readonly now?: {
      readonly path?: string
      readonly risk: string
      readonly liveReplicas: number
      readonly expectedReplicas: number
      readonly remark: string
      readonly replicas: readonly {
        readonly hostname: string
        readonly address: string
        readonly liveness: string
        readonly judgement: string
        readonly isLeaving: boolean
      }[]
    }
    readonly why: string
    readonly events: readonly {
      readonly at: string
      readonly kind: string
      readonly node: string
      readonly detail: string
    }[]
  }[]
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path|block>', 'a file, or a block such as blk_1073741825')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, ['dfs explain /data/a.csv', 'dfs explain blk_1073741825'])
  command.action(async (what: string, options: ExplainOptions) => {
    const place = /^(blk_)?\d+(_\d+)?$/.test(what) ? undefined : locate(context, what)
    const document = await askForDocument<ExplainDocument>(context, {
      path: '/api/v1/explain',
      parameters: place === undefined ? { block: what } : { path: place.path },
      http: options.http,
      fs: place?.client.fs,
    })
    if (options.json === true) await printJson(context.io, document)
    else for (const line of explainLines(document)) await printLine(context.io, line)
  })
}

/** Pure. */
export function explainLines({ blocks }: ExplainDocument): string[] {
  return blocks.flatMap((it) => {
    const { now, why } = it
    const head =
      now === undefined
        ? `blk_${it.block}: no file has it`
        : `blk_${it.block}${now.path === undefined ? '' : ` of ${printable(now.path)}`}: ${now.liveReplicas} of ${now.expectedReplicas} copies, ${now.risk === 'none' ? 'as it should be' : now.risk}`
    const reason = why === '' ? [] : [`  ${now?.remark}; ${why}`]
    const replicas = (now?.replicas ?? []).map(
      (replica) =>
        `  on ${replica.hostname} (${replica.address}): ${replica.judgement}, node ${replica.liveness}${replica.isLeaving ? ', being deleted' : ''}`,
    )
    const events = it.events.map((event) =>
      `  ${event.at}  ${event.kind.padEnd(16)} ${event.node} ${event.detail}`.trimEnd(),
    )
    return [head, ...reason, ...replicas, ...events]
  })
}
