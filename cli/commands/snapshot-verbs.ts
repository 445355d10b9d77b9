/** `dfs -createSnapshot` and its like: the actions of `dfs snapshot` under the names and with the words of Hadoop's shell. */
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { type CommandModule, examples } from '../command.js'
import { printLine } from '../io.js'
import { locate } from '../path-items.js'

type Work = (
  client: DfsClient,
  path: string,
  names: readonly string[],
) => Promise<string | undefined>

/** @param names of the words behind the directory, each optional or not as commander writes it */
function verb(example: string, names: readonly string[], work: Work): CommandModule {
  return {
    register: (command, context) => {
      command.argument('<directory>', 'a snapshottable directory')
      for (const name of names) command.argument(name)
      examples(command, [example])
      command.action(async (...words: unknown[]) => {
        const [directory = '', ...rest] = words.filter((it): it is string => typeof it === 'string')
        const { client, path } = locate(context, directory)
        const line = await work(client, path, rest)
        if (line !== undefined) await printLine(context.io, line)
      })
    },
  }
}

export const createSnapshot = verb(
  'dfs createSnapshot /data monday',
  ['[name]'],
  async ({ snapshots }, path, [name]) => `Created snapshot ${await snapshots.create(path, name)}`,
)

export const deleteSnapshot = verb(
  'dfs deleteSnapshot /data monday',
  ['<name>'],
  async ({ snapshots }, path, [name = '']) => {
    await snapshots.delete(path, name)
    return undefined
  },
)

export const renameSnapshot = verb(
  'dfs renameSnapshot /data monday first',
  ['<from>', '<to>'],
  async ({ snapshots }, path, [from = '', to = '']) => {
    await snapshots.rename(path, from, to)
    return undefined
  },
)

export const allowSnapshot = verb('dfs allowSnapshot /data', [], async ({ snapshots }, path) => {
  await snapshots.allow(path)
  return `Allowing snapshot on ${path} succeeded`
})

export const disallowSnapshot = verb(
  'dfs disallowSnapshot /data',
  [],
  async ({ snapshots }, path) => {
    await snapshots.disallow(path)
    return `Disallowing snapshot on ${path} succeeded`
  },
)
