/** `dfs test`: exit code 0 for yes, 1 for no or when nothing is there. */
import type { Command } from 'commander'
import { DfsError, toDfsError } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { expand, type PathItem } from '../path-items.js'

const READ = 4
const WRITE = 2

type Question = (item: PathItem) => Promise<boolean>

const QUESTIONS: Readonly<Record<string, Question>> = {
  e: async () => true,
  d: async ({ status }) => status.kind === 'directory',
  f: async ({ status }) => status.kind === 'file',
  s: async ({ status }) => status.lengthBytes > 0,
  z: async ({ status }) => status.lengthBytes === 0,
  r: (item) => mayAccess(item, READ),
  w: (item) => mayAccess(item, WRITE),
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path>', 'file or directory')
    .option('-d', 'is it a directory?')
    .option('-e', 'is there anything?')
    .option('-f', 'is it a file?')
    .option('-s', 'is it longer than nothing?')
    .option('-w', 'is there something, and may I write it?')
    .option('-r', 'is there something, and may I read it?')
    .option('-z', 'is its length zero?')
  examples(command, ['dfs test -e /data/_SUCCESS && echo done'])
  command.action(async (path: string, options: Readonly<Record<string, unknown>>) => {
    const flags = Object.keys(QUESTIONS).filter((flag) => options[flag] === true)
    const [flag] = flags
    if (flag === undefined) throw new DfsError('USAGE', 'No test flag given')
    if (flags.length > 1) throw new DfsError('USAGE', 'Only one test flag is allowed')
    context.setExitCode((await answer(context, path, QUESTIONS[flag])) ? 0 : 1)
  })
}

async function answer(
  context: CommandContext,
  path: string,
  question: Question | undefined,
): Promise<boolean> {
  try {
    for (const item of await expand(context, path)) {
      if (question === undefined || !(await question(item))) return false
    }
    return true
  } catch (error) {
    if (toDfsError(error).code === 'NOT_FOUND') return false
    throw error
  }
}

async function mayAccess({ client, path }: PathItem, access: number): Promise<boolean> {
  try {
    await client.checkAccess(path, access)
    return true
  } catch (error) {
    if (toDfsError(error).code === 'PERMISSION_DENIED') return false
    throw error
  }
}
