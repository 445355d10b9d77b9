/** Runs one command line of `dfs` inside the test's process against a real cluster, with captured output. */
import { userInfo } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { run } from '../../cli/program.js'
import { silentLog } from '../../shared/log.js'
import { systemSeams } from '../../shared/system-seams.js'

export interface CliOutcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The words are given one by one: no shell takes them apart. @param environment such as DFS_FS and DFS_HTTP */
export async function runCli(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<CliOutcome> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const collected = [text(stdout), text(stderr)] as const
  const exitCode = await run(words, {
    stdout,
    stderr,
    stdin: Readable.from([]),
    environment,
    signal: new AbortController().signal,
    isErrorTerminal: false,
    osUser: () => userInfo().username,
    workingDirectory: () => '/nowhere',
    seams: systemSeams(silentLog),
  })
  stdout.end()
  stderr.end()
  return { exitCode, stdout: await collected[0], stderr: await collected[1] }
}
