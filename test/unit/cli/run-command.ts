/** Runs one command line against a scripted cluster, with captured output. */
import { PassThrough, Readable } from 'node:stream'
import type { Connect } from '../../../cli/context.js'
import type { CliIo } from '../../../cli/io.js'
import { run } from '../../../cli/program.js'
import { type Clock, systemClock } from '../../../shared/clock.js'
import { systemDisk } from '../../../shared/disk.js'
import { silentLog } from '../../../shared/log.js'
import { systemNetwork } from '../../../shared/network.js'
import { seededRandom } from '../../../shared/random.js'
import type { Seams } from '../../../shared/seams.js'

export const TEST_SEAMS: Seams = {
  clock: systemClock,
  random: seededRandom(1),
  network: systemNetwork,
  disk: systemDisk,
  log: silentLog,
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string | Readable
  readonly signal?: AbortSignal
  readonly workingDirectory?: string
  readonly isErrorTerminal?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly clock?: Clock
}

/** The words are given one by one: no shell takes them apart. */
export async function runCommand(
  cluster: { readonly connect: Connect },
  words: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const collected = [collect(stdout), collect(stderr)] as const
  const { stdin = '' } = options
  const io: CliIo = {
    stdout,
    stderr,
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    environment: options.environment ?? {},
    signal: options.signal ?? new AbortController().signal,
    isErrorTerminal: options.isErrorTerminal ?? false,
    osUser: () => 'alice',
    workingDirectory: () => options.workingDirectory ?? '/nowhere',
    seams: { ...TEST_SEAMS, clock: options.clock ?? systemClock },
  }
  const code = await run(words, io, cluster.connect)
  stdout.end()
  stderr.end()
  return { code, stdout: await collected[0], stderr: await collected[1] }
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
