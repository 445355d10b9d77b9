/** `dfs snapshot`: everything about snapshots; what they show is read below `.snapshot` by every other command. */
import type { Command } from 'commander'
import type { Difference } from '../../shared/client/snapshots.js'
import { type CommandContext, examples } from '../command.js'
import { printLine } from '../io.js'
import { locate } from '../path-items.js'
import { localMinute, statusJson } from '../rendering/file-status.js'
import { JsonArrayWriter } from '../rendering/json-array.js'
import { renderTable } from '../rendering/table.js'
import { type Actions, chosenAction } from '../words.js'

interface SnapshotOptions {
  readonly json?: true
}

type Action = (
  context: CommandContext,
  words: readonly string[],
  options: SnapshotOptions,
) => Promise<void>

const ACTIONS: Actions<Action> = {
  allow: { words: '<directory>', run: change((snapshots, path) => snapshots.allow(path)) },
  disallow: { words: '<directory>', run: change((snapshots, path) => snapshots.disallow(path)) },
  create: { words: '<directory> [name]', run: create },
  rename: {
    words: '<directory> <from> <to>',
    run: change((snapshots, path, [from = '', to = '']) => snapshots.rename(path, from, to)),
  },
  delete: {
    words: '<directory> <name>',
    run: change((snapshots, path, [name = '']) => snapshots.delete(path, name)),
  },
  ls: { words: '[directory]', run: list },
  diff: { words: '<directory> <from> [to]', run: diff },
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<action>', 'allow, disallow, create, rename, delete, ls or diff')
    .argument('[word...]', 'the directory, then names of snapshots')
    .option('--json', 'ls and diff: print a JSON array')
  examples(command, [
    'dfs snapshot allow /data                  (superuser)',
    'dfs snapshot create /data monday',
    'dfs snapshot ls                           snapshottable directories',
    'dfs snapshot ls /data                     its snapshots',
    'dfs snapshot diff /data monday            until now',
    'dfs snapshot diff /data monday tuesday',
    'dfs snapshot rename /data monday first',
    'dfs snapshot delete /data first',
    'dfs cp /data/.snapshot/monday/a.csv /data/',
  ])
  command.action(async (name: string, words: string[], options: SnapshotOptions) => {
    await chosenAction(ACTIONS, name, words)(context, words, options)
  })
}

type ClientSnapshots = ReturnType<CommandContext['client']>['snapshots']

function change(
  work: (snapshots: ClientSnapshots, path: string, names: readonly string[]) => Promise<void>,
): Action {
  return async (context, [directory = '', ...names]) => {
    const { client, path } = locate(context, directory)
    await work(client.snapshots, path, names)
  }
}

async function create(context: CommandContext, [directory = '', name]: readonly string[]) {
  const { client, path } = locate(context, directory)
  await printLine(context.io, await client.snapshots.create(path, name))
}

async function list(
  context: CommandContext,
  [directory]: readonly string[],
  { json }: SnapshotOptions,
): Promise<void> {
  if (directory !== undefined) {
    const { client, path } = locate(context, directory)
    const found = await client.snapshots.list(path)
    if (json === true) {
      const values = found.map(({ status, name, number }) => ({
        ...statusJson(status),
        name,
        number,
      }))
      return printJson(context, values)
    }
    const rows = found.map(({ status, name }) => [
      localMinute(status.modificationTimeMs),
      name,
      status.path,
    ])
    return printRows(context, rows)
  }
  const found = await context.client().snapshots.directories()
  if (json === true) {
    const values = found.map(({ status, ...counts }) => ({ ...statusJson(status), ...counts }))
    return printJson(context, values)
  }
  const rows = found.map(({ status, snapshotCount }) => [
    `${snapshotCount} snapshot${snapshotCount === 1 ? '' : 's'}`,
    status.path,
  ])
  return printRows(context, rows)
}

const LABELS: Readonly<Record<Difference['kind'], string>> = {
  modified: 'M',
  created: '+',
  deleted: '-',
  renamed: 'R',
}

async function diff(
  context: CommandContext,
  [directory = '', from = '', to = '']: readonly string[],
  { json }: SnapshotOptions,
): Promise<void> {
  const { client, path } = locate(context, directory)
  // As Hadoop's snapshotDiff: a point is the current state.
  const stateOf = (name: string) => (name === '.' ? '' : name)
  const found = await client.snapshots.diff(path, stateOf(from), stateOf(to))
  if (json === true) return printJson(context, found)
  for (const it of found) {
    const shown = (relative: string) => (relative === '' ? '.' : `./${relative}`)
    const target = it.target === undefined ? '' : ` -> ${shown(it.target)}`
    await printLine(context.io, `${LABELS[it.kind]}\t${shown(it.path)}${target}`)
  }
}

async function printRows(context: CommandContext, rows: readonly (readonly string[])[]) {
  for (const line of renderTable(rows)) await printLine(context.io, line)
}

async function printJson(context: CommandContext, values: readonly object[]): Promise<void> {
  const writer = new JsonArrayWriter(context.io)
  for (const value of values) await writer.add(value)
  await writer.end()
}
