/** `dfs policy`: storage policies of files and directories, and moving what exists to where they want it. */
import type { Command } from 'commander'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { locate } from '../path-items.js'
import { JsonArrayWriter } from '../rendering/json-array.js'
import { renderTable } from '../rendering/table.js'
import { type Actions, chosenAction } from '../words.js'

interface PolicyOptions {
  readonly json?: true
}

type Action = (
  context: CommandContext,
  words: readonly string[],
  options: PolicyOptions,
) => Promise<void>

const ACTIONS: Actions<Action> = {
  ls: { words: '', run: list },
  get: { words: '<path>', run: get },
  set: { words: '<policy> <path>', run: set },
  unset: { words: '<path>', run: unset },
  satisfy: { words: '<path>', run: satisfy },
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<action>', 'ls, get, set, unset or satisfy')
    .argument('[word...]', 'set: the policy; then the path')
    .option('--json', 'ls and get: print JSON')
  examples(command, [
    'dfs policy ls                             which there are',
    'dfs policy set COLD /archive              for what is written from now on',
    'dfs policy satisfy /archive               for what is there: moved in the background',
    'dfs policy get /archive/2019.csv',
    'dfs policy unset /archive',
  ])
  command.action(async (name: string, words: string[], options: PolicyOptions) => {
    await chosenAction(ACTIONS, name, words)(context, words, options)
  })
}

async function list(context: CommandContext, _words: readonly string[], { json }: PolicyOptions) {
  const policies = await context.client().attributes.storagePolicies()
  if (json === true) {
    const writer = new JsonArrayWriter(context.io)
    for (const policy of policies) await writer.add(policy)
    await writer.end()
    return
  }
  const types = (names: readonly string[]) => (names.length === 0 ? '-' : names.join(','))
  const rows = policies.map((it) => [
    it.name,
    types(it.storageTypes),
    types(it.creationFallbacks),
    types(it.replicationFallbacks),
  ])
  const head = ['policy', 'replicas on', 'else when written', 'else when copied']
  for (const line of renderTable([head, ...rows])) await printLine(context.io, line)
}

async function get(
  context: CommandContext,
  [word = '']: readonly string[],
  options: PolicyOptions,
) {
  const { client, path } = locate(context, word)
  const policy = await client.attributes.storagePolicy(path)
  if (options.json === true) await printJson(context.io, policy)
  else await printLine(context.io, policy.name)
}

async function set(context: CommandContext, [name = '', word = '']: readonly string[]) {
  const { client, path } = locate(context, word)
  await client.attributes.setStoragePolicy(path, name)
}

async function unset(context: CommandContext, [word = '']: readonly string[]) {
  const { client, path } = locate(context, word)
  await client.attributes.setStoragePolicy(path, null)
}

async function satisfy(context: CommandContext, [word = '']: readonly string[]) {
  const { client, path } = locate(context, word)
  await client.attributes.satisfyStoragePolicy(path)
}
