/**
 * What a command may touch of its process: streams, environment, signals. Handed down from `main.ts`, so that a test
 * runs any command with captured output and never touches the real terminal.
 */
import type { Readable, Writable } from 'node:stream'
import { DfsError, errnoOf } from '../shared/errors.js'
import type { Seams } from '../shared/seams.js'

export interface CliIo {
  readonly stdout: Writable
  readonly stderr: Writable
  readonly stdin: Readable
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborts when the user presses Ctrl-C or the process is asked to end; its reason is a `DfsError` INTERRUPTED. */
  readonly signal: AbortSignal
  /** Progress is drawn only when stderr is a terminal. */
  readonly isErrorTerminal: boolean
  /** The operating system's name for the user. */
  readonly osUser: () => string
  readonly workingDirectory: () => string
  readonly seams: Seams
}

/** The reader of our output has gone (`dfs cat big | head`). Not an error: the command ends quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/**
 * Writes and waits while the reader is slow, so that memory stays flat however much is printed.
 * @throws OutputClosed when nobody reads any more
 */
export async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (stream.destroyed) throw new OutputClosed('output closed')
  if (stream.write(chunk)) return
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      stream.off('drain', onDrain)
      stream.off('error', onError)
      stream.off('close', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = () => settle()
    const onError = (error: Error) => settle(toOutputError(error))
    const onClose = () => settle(new OutputClosed('output closed'))
    stream.once('drain', onDrain)
    stream.once('error', onError)
    stream.once('close', onClose)
  })
}

/** One line to standard output. */
export const printLine = (io: CliIo, line: string): Promise<void> => write(io.stdout, `${line}\n`)

/** One line to standard error. */
export const printErrorLine = (io: CliIo, line: string): Promise<void> =>
  write(io.stderr, `${line}\n`)

/** One JSON document to standard output, indented for people, parseable by machines. */
export const printJson = (io: CliIo, value: unknown): Promise<void> =>
  write(io.stdout, `${JSON.stringify(value, null, 2)}\n`)

function toOutputError(error: Error): Error {
  const errno = errnoOf(error)
  if (errno === 'EPIPE' || errno === 'ERR_STREAM_DESTROYED') return new OutputClosed(error.message)
  return new DfsError('IO', `Unable to write to output stream: ${error.message}`, { cause: error })
}
