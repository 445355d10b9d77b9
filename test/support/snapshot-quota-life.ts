/**
 * A tree under quotas and snapshots through Hadoop's own commands, and what `count -u` and `count -q` say of it on the
 * way: what only snapshots show counts too. Files have lengths that tell in every sum which of them are in it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { content } from './content.js'
import type { JavaCommands } from './java-commands.js'
import { waitUntil } from './wait-until.js'

const MIB = 1024 * 1024
const DIRECTORIES = ['/q', '/q/s', '/q/s/dir', '/q/s/mvdir', '/q/s/dir/mvdir', '/q/out', '/q/in']
const QUESTIONS: readonly (readonly string[])[] = [
  ['-count', '-u', ...DIRECTORIES],
  ['-count', '-q', '/q', '/q/s'],
  ['-count', '-q', '-x', '/q', '/q/s'],
  ['-count', '-q', '-u', '-t', 'SSD,DISK', '/q/t', '/q/t/sub'],
]

const TWO_REPLICAS = ['-D', 'dfs.replication=2']

interface Shell {
  readonly hdfs: JavaCommands
  /** A local file of a length. */
  readonly file: (lengthBytes: number) => string
  /** Puts files with two replicas each. */
  readonly put: (files: Readonly<Record<string, number>>) => Promise<void>
  /** Runs what is to be refused and keeps what was said. */
  readonly refused: (...words: readonly string[]) => Promise<void>
  /** Keeps what a command says. */
  readonly told: (...words: readonly string[]) => Promise<void>
}

type Step = (shell: Shell) => Promise<void>

const STEPS: Readonly<Record<string, Step>> = {
  'a snapshot of what is there': async ({ hdfs, put }) => {
    await hdfs.dfs('-mkdir', '-p', '/q/s/dir/sub', '/q/s/mvdir', '/q/out', '/q/in', '/q/t/sub')
    await put({ keep: 1, gone: 20, 'dir/a': 300, 'dir/b': 4000, 'dir/sub/c': 50_000 })
    await put({ 'mvdir/x': 100, 'mvdir/y': 200, cut: 2_500_000, cut2: 3_000_000, over: 3 })
    await put({ rep: 70, rep2: 71, app: 7000, '../in/file': 11 })
    await hdfs.dfs(...TWO_REPLICAS, '-touchz', '/q/s/empty')
    for (const directory of DIRECTORIES.filter((it) => it !== '/q/s/dir/mvdir')) {
      await hdfs.succeed(['dfsadmin', '-setQuota', '1000', directory])
      await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '100m', directory])
    }
    await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/q/s'])
    await hdfs.dfs('-createSnapshot', '/q/s', 's1')
  },
  deletions: async ({ hdfs }) => {
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/s/gone', '/q/s/dir/a', '/q/s/mvdir/x')
  },
  'made and deleted without a snapshot between': async ({ hdfs, put }) => {
    await put({ young: 9, 'young2/f': 10 })
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/s/young', '/q/s/young2')
  },
  'a cut between blocks': async ({ hdfs }) => {
    await hdfs.dfs('-truncate', '-w', String(2 * MIB), '/q/s/cut')
  },
  'a cut inside a block': async ({ hdfs }) => {
    await hdfs.dfs('-truncate', '-w', '1500000', '/q/s/cut2')
    // Apache's shell does not wait for the copy of what stays of the block.
    const isClosed = async () =>
      !(await hdfs.succeed(['dfsadmin', '-listOpenFiles', '-path', '/q/s'])).includes('cut2')
    await waitUntil(isClosed, { what: 'the cut' })
  },
  'an append': async ({ hdfs, file }) => {
    await hdfs.dfs('-appendToFile', file(500), '/q/s/app')
  },
  'replication lowered and raised': async ({ hdfs }) => {
    await hdfs.dfs('-setrep', '1', '/q/s/rep')
    await hdfs.dfs('-setrep', '3', '/q/s/rep2')
  },
  overwritten: async ({ hdfs, file }) => {
    await hdfs.dfs(...TWO_REPLICAS, '-put', '-f', file(4), '/q/s/over')
  },
  'renames within the tree': async ({ hdfs }) => {
    await hdfs.dfs('-mv', '/q/s/mvdir', '/q/s/dir/mvdir')
    await hdfs.dfs('-mv', '/q/s/keep', '/q/s/keep2')
  },
  'renames out of the tree': async ({ hdfs }) => {
    await hdfs.dfs('-mv', '/q/s/rep2', '/q/out/rep2')
    await hdfs.dfs('-mv', '/q/s/dir/sub', '/q/out/sub')
  },
  'a rename into the tree': async ({ hdfs }) => {
    await hdfs.dfs('-mv', '/q/in/file', '/q/s/file')
  },
  'a second snapshot': async ({ hdfs, put }) => {
    await put({ 'dir/second': 600_000 })
    await hdfs.dfs('-createSnapshot', '/q/s', 's2')
  },
  'joined files': async ({ hdfs, put }) => {
    await put({ part1: MIB, part2: MIB, part3: 12 })
    await hdfs.dfs('-concat', '/q/s/part1', '/q/s/part2', '/q/s/part3')
  },
  'a tree deleted': async ({ hdfs, put }) => {
    await put({ 'dir/third': 7 })
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/s/dir')
  },
  'what was moved out deleted': async ({ hdfs }) => {
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/out/sub', '/q/out/rep2')
  },
  'quotas below what is used': async ({ hdfs, refused, file }) => {
    await hdfs.succeed(['dfsadmin', '-setQuota', '5', '/q/s'])
    await refused('dfs', '-mkdir', '/q/s/more')
    await hdfs.succeed(['dfsadmin', '-setQuota', '1000', '/q/s'])
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '12m', '/q/s'])
    await refused('dfs', ...TWO_REPLICAS, '-put', file(8), '/q/s/more')
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '100m', '/q/s'])
  },
  'quotas by type of storage': async ({ hdfs, put, refused, file }) => {
    await hdfs.succeed([
      'storagepolicies',
      '-setStoragePolicy',
      '-path',
      '/q/t',
      '-policy',
      'ALL_SSD',
    ])
    await put({ '../t/a': 1_000_000, '../t/sub/b': 30 })
    for (const directory of ['/q/t', '/q/t/sub']) {
      await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '9m', '-storageType', 'SSD', directory])
      await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '9m', '-storageType', 'DISK', directory])
    }
    await hdfs.succeed(['dfsadmin', '-allowSnapshot', '/q/t'])
    await hdfs.dfs('-createSnapshot', '/q/t', 't1')
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/t/a', '/q/t/sub/b')
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '3m', '-storageType', 'SSD', '/q/t'])
    await refused('dfs', ...TWO_REPLICAS, '-put', file(2), '/q/t/more')
    await hdfs.succeed(['dfsadmin', '-setSpaceQuota', '9m', '-storageType', 'SSD', '/q/t'])
  },
  'the second snapshot deleted': async ({ hdfs }) => {
    await hdfs.dfs('-deleteSnapshot', '/q/s', 's2')
  },
  'all snapshots deleted': async ({ hdfs }) => {
    await hdfs.dfs('-deleteSnapshot', '/q/s', 's1')
    await hdfs.dfs('-deleteSnapshot', '/q/t', 't1')
  },
  'what has left all snapshottable trees': async ({ hdfs, put, told }) => {
    await put({ 'leaving/x': 100_000, 'leaving/y': 200_000, 'leaving/z': 400_000 })
    await hdfs.dfs('-createSnapshot', '/q/s', 's3')
    await hdfs.dfs('-rm', '-skipTrash', '/q/s/leaving/x')
    await hdfs.dfs('-mkdir', '-p', '/q/plain/new')
    await hdfs.succeed(['dfsadmin', '-setQuota', '1000', '/q/plain'])
    await hdfs.dfs('-mv', '/q/s/leaving', '/q/plain/new/left')
    const paths = ['/q/plain/new/left', '/q/plain', '/q/s', '/q']
    await told('dfs', '-count', ...paths)
    await hdfs.dfs('-rm', '-skipTrash', '/q/plain/new/left/y')
    await told('dfs', '-count', ...paths)
    await told('dfs', '-count', '-x', ...paths)
    await told('dfs', '-count', '-u', '/q/plain')
    await hdfs.dfs('-rm', '-r', '-skipTrash', '/q/plain/new')
    await told('dfs', '-count', '/q/plain', '/q/s', '/q')
    await told('dfs', '-count', '-u', '/q/plain', '/q/s', '/q')
  },
}

/**
 * @param expected what must be said, if known: what a deleted snapshot showed is freed in the background, which is waited for
 * @returns the lines that the commands print, by the step that came before; `test/golden/apache` has Apache HDFS's own
 */
export async function snapshotQuotaLife(
  hdfs: JavaCommands,
  localFolder: string,
  expected?: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, readonly string[]>> {
  const file = (lengthBytes: number) => {
    const path = join(localFolder, `of-${lengthBytes}`)
    writeFileSync(path, content(lengthBytes, lengthBytes))
    return path
  }
  let answers: string[] = []
  const shell: Shell = {
    hdfs,
    file,
    put: async (files) => {
      for (const [name, length] of Object.entries(files)) {
        const path = `/q/s/${name}`
        await hdfs.dfs('-mkdir', '-p', path.slice(0, path.lastIndexOf('/')))
        await hdfs.dfs(...TWO_REPLICAS, '-put', file(length), path)
      }
    },
    refused: async (...words) => {
      const { exitCode, stderr } = await hdfs.run(words)
      const [first = ''] = stderr.split('\n').filter((line) => /quota/i.test(line))
      answers.push(`$ ${words.join(' ').replace(localFolder, '')}`, `${exitCode} ${first}`)
    },
    told: async (...words) => {
      const answer = (await hdfs.succeed(words)).split('\n').filter((line) => line !== '')
      answers.push(`$ ${words.join(' ')}`, ...answer)
    },
  }
  const said: Record<string, readonly string[]> = {}
  for (const [name, step] of Object.entries(STEPS)) {
    answers = []
    await step(shell)
    let lines = [...answers, ...(await ask(hdfs))]
    if (expected !== undefined && name.endsWith('deleted')) {
      const wanted = JSON.stringify(expected[name])
      const isSaid = async () => {
        lines = [...answers, ...(await ask(hdfs))]
        return JSON.stringify(lines) === wanted
      }
      await waitUntil(isSaid, { what: `Apache's counts of ${name}`, explain: () => lines })
    }
    said[name] = lines
  }
  return said
}

async function ask(hdfs: JavaCommands): Promise<string[]> {
  const lines: string[] = []
  for (const question of QUESTIONS) {
    const { stdout, stderr } = await hdfs.run(['dfs', ...question])
    const answer = (stdout + stderr).split('\n').filter((line) => line !== '')
    lines.push(`$ ${question.join(' ')}`, ...answer)
  }
  return lines
}
