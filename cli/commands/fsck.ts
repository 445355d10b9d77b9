/** `dfs fsck`: asks the namenode over HTTP; exit code 0 when healthy, 1 when something is missing or corrupt. */
import type { Command } from 'commander'
import { splitUri } from '../../shared/client/remote-path.js'
import { DfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { askNamenode, HTTP_OPTION } from '../namenode-http.js'
import { locate } from '../path-items.js'

/** Holds the last line of a text, and the summary at the end of a document. */
const TAIL_CHARACTERS = 4_000

/** Flags that travel to the namenode under the same name, as `hdfs fsck` sends them. */
const FLAGS = [
  'files',
  'blocks',
  'locations',
  'racks',
  'replicaDetails',
  'openforwrite',
  'list-corruptfileblocks',
  'strict',
  'storagepolicies',
  'replicate',
] as const
const PARAMETER_NAMES: Readonly<Record<string, string>> = {
  replicaDetails: 'replicadetails',
  'list-corruptfileblocks': 'listcorruptfileblocks',
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('[path]', 'what to check (default: /)')
    .option('--files', 'name every file that is checked')
    .option('--blocks', 'name their blocks')
    .option('--locations', 'name the datanodes of the blocks')
    .option('--racks', 'name the racks of the datanodes')
    .option('--replica-details', 'tell the state of every replica')
    .option('--openforwrite', 'include files that are being written')
    .option(
      '--storagepolicies',
      'count blocks by the types of storage they are on, beside their policies',
    )
    .option('--replicate', 'have badly placed blocks copied at once')
    .option('--list-corruptfileblocks', 'name missing and corrupt blocks only')
    .option(...HTTP_OPTION)
    .option('--strict', 'check our own promises too; a broken one makes the exit code 1')
    .option('--json', 'print a JSON document')
  examples(command, ['dfs fsck /', 'dfs fsck /data -files -blocks -locations', 'dfs fsck --json /'])
  command.action(async (path: string | undefined, options: Readonly<Record<string, unknown>>) => {
    const response = await ask(context, path ?? '/', options)
    if (response.body === null) throw new DfsError('REMOTE', 'the namenode answered nothing')
    let tail = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body) {
      const text = decoder.decode(chunk, { stream: true })
      await write(context.io.stdout, text)
      tail = (tail + text).slice(-TAIL_CHARACTERS)
    }
    if (!tail.endsWith('\n')) await write(context.io.stdout, '\n')
    context.setExitCode(options['json'] === true ? exitOfDocument(tail) : exitOfLastLine(tail))
  })
}

async function ask(
  context: CommandContext,
  path: string,
  options: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const { fs } = splitUri(path)
  const http = options['http'] === undefined ? undefined : String(options['http'])
  const isJson = options['json'] === true
  const parameters: Record<string, string> = {
    path: locate(context, path).path,
    // Beyond HDFS, whose text is read by scripts: only who knows of it asks for it.
    keptForUndo: '1',
  }
  for (const flag of FLAGS) {
    const key = flag.replace(/-([a-z])/g, (_whole, letter: string) => letter.toUpperCase())
    if (options[key] === true) parameters[PARAMETER_NAMES[flag] ?? flag] = '1'
  }
  const resource = isJson ? '/api/v1/fsck' : '/fsck'
  const userParameter = isJson ? 'user' : 'ugi'
  return await askNamenode(context, { path: resource, parameters, userParameter, http, fs })
}

/** Pure: what Hadoop's fsck makes of the last line. */
export function exitOfLastLine(tail: string): number {
  const last = tail.trimEnd().split('\n').at(-1) ?? ''
  if (last.includes('is HEALTHY') || last.includes('has no CORRUPT files')) return 0
  return last.includes('does not exist') ? 0 : 1
}

/** Pure: the verdict stands in the summary, at the end of the document. */
export const exitOfDocument = (tail: string): number =>
  /"isHealthy"\s*:\s*true/.test(tail) ? 0 : 1
