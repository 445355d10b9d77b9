/** `dfs watch`: what happens in the namespace, as it happens. */
import type { Command } from 'commander'
import type { NamespaceEvent, PublishedEvent } from '../../shared/events.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { HTTP_OPTION, httpBase } from '../namenode-http.js'
import { locate } from '../path-items.js'
import { printable } from '../rendering/printable.js'
import { numberArgument } from '../words.js'

interface WatchCommandOptions {
  readonly from?: string
  readonly http?: string
  readonly json?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path]', 'what to watch, with all below it (default: /)')
    .option('--from <txid>', 'begin behind this transaction instead of now')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document in each line')
  examples(command, ['dfs watch /incoming', 'dfs watch / --from 1500 --json'])
  command.action(async (argument: string | undefined, options: WatchCommandOptions) => {
    const { client, path } = locate(context, argument ?? '/')
    const from = options.from === undefined ? undefined : numberArgument(options.from, '--from', 0)
    const http = httpBase(context, options.http, client.fs)
    for await (const event of client.watch(path, { from, http })) {
      await printLine(context.io, options.json ? JSON.stringify(event) : eventLine(event))
    }
  })
}

/** Transaction, time, user, what, where. Pure. */
export function eventLine(event: PublishedEvent): string {
  const { transactionId, timeMs, user = '-', type } = event
  const time = new Date(timeMs).toISOString()
  const particulars = particularsOf(event)
  const cells = [`${transactionId}`, time, user, type, event.path ?? '?']
  return [...cells, ...(particulars === '' ? [] : [particulars])].map(printable).join('\t')
}

function particularsOf(event: NamespaceEvent): string {
  switch (event.type) {
    case 'create':
      return event.kind
    case 'close':
    case 'truncate':
      return event.lengthBytes < 0 ? '' : `${event.lengthBytes} bytes`
    case 'append':
      return event.newBlock ? 'in a new block' : ''
    case 'rename':
      return `-> ${event.to ?? '?'}`
    case 'metadata':
      return event.change
    case 'unlink':
      return ''
  }
}
