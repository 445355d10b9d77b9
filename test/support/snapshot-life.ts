/**
 * A tree that lives under snapshots through Hadoop's own commands, and what `count` and `du` say of it on the way. Files
 * have lengths that tell in every sum which of them are in it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { content } from './content.js'
import type { JavaCommands } from './java-commands.js'

const QUESTIONS: readonly (readonly string[])[] = [
  ['-count', '/s', '/s/dir', '/out', '/'],
  ['-count', '-x', '/s', '/s/dir', '/out', '/'],
  ['-count', '-q', '/s'],
  ['-du', '/s'],
  ['-du', '-x', '/s'],
  ['-du', '-s', '/s', '/'],
  ['-du', '-s', '-x', '/s', '/'],
  ['-count', '/s/.snapshot/s1'],
]

const TWO_REPLICAS = ['-D', 'dfs.replication=2']

type Step = (hdfs: JavaCommands, file: (lengthBytes: number) => string) => Promise<void>

const STEPS: Readonly<Record<string, Step>> = {
  'a snapshot of what is there': async (hdfs, file) => {
    await hdfs.dfs('-mkdir', '-p', '/s/dir/sub', '/s/moved', '/out')
    const lengths: Readonly<Record<string, number>> = {
      ...{ keep: 1, gone: 20, 'dir/a': 300, 'dir/b': 4000, 'dir/sub/c': 50_000 },
      ...{ mv: 600_000, cut: 7_000_000, over: 3, rep: 70, 'moved/x': 100, 'moved/y': 200 },
    }
    for (const [name, length] of Object.entries(lengths)) {
      await hdfs.dfs(...TWO_REPLICAS, '-put', file(length), `/s/${name}`)
    }
    await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/s'])
    await hdfs.dfs('-createSnapshot', '/s', 's1')
  },
  deletions: async (hdfs) => {
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/s/gone', '/s/dir/a', '/s/moved/x')
  },
  renames: async (hdfs) => {
    await hdfs.dfs('-mv', '/s/mv', '/s/mv2')
    await hdfs.dfs('-mv', '/s/moved', '/s/dir/moved')
  },
  'other changes of files': async (hdfs, file) => {
    await hdfs.dfs('-truncate', '-w', '2000000', '/s/cut')
    await hdfs.dfs('-appendToFile', file(5), '/s/rep')
    await hdfs.dfs('-setrep', '1', '/s/rep')
    await hdfs.dfs(...TWO_REPLICAS, '-put', '-f', file(4), '/s/over')
    await hdfs.dfs(...TWO_REPLICAS, '-put', file(9), '/s/new')
  },
  'a second snapshot': async (hdfs) => {
    await hdfs.dfs('-createSnapshot', '/s', 's2')
  },
  'a tree deleted, and one moved away': async (hdfs, file) => {
    await hdfs.dfs(...TWO_REPLICAS, '-put', file(8), '/s/dir/late')
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/s/dir', '/s/new')
    await hdfs.dfs('-mv', '/s/keep', '/out/keep')
    await hdfs.dfs('-mkdir', '/s/dir')
    await hdfs.dfs(...TWO_REPLICAS, '-put', file(7), '/s/dir/young')
  },
  'the second snapshot deleted': async (hdfs) => {
    await hdfs.dfs('-deleteSnapshot', '/s', 's2')
  },
}

/** @returns the lines that the commands print, by the step that came before; `test/golden/apache` has Apache HDFS's own */
export async function snapshotLife(
  hdfs: JavaCommands,
  localFolder: string,
): Promise<Record<string, string[]>> {
  const file = (lengthBytes: number) => {
    const path = join(localFolder, `of-${lengthBytes}`)
    writeFileSync(path, content(lengthBytes, lengthBytes))
    return path
  }
  const said: Record<string, string[]> = {}
  for (const [name, step] of Object.entries(STEPS)) {
    await step(hdfs, file)
    const lines: string[] = []
    for (const question of QUESTIONS) {
      const { stdout, stderr } = await hdfs.run(['dfs', ...question])
      const answer = (stdout + stderr).split('\n').filter((line) => line !== '')
      lines.push(`$ ${question.join(' ')}`, ...answer)
    }
    said[name] = lines
  }
  return said
}
