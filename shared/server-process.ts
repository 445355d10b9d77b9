/**
 * The life of a server process: start, say that it is ready, serve until told to stop, close within a limit. A second
 * signal is the caller's to handle (it ends the process at once).
 */

import { systemClock } from './clock.js'
import { DfsError, toDfsError } from './errors.js'
import type { Log } from './log.js'

/** What a server tells the process that started it, over the IPC channel. */
export type ServerMessage =
  | { readonly kind: 'ready'; readonly addresses: ServerAddresses }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** Port numbers and the like, by name. */
export type ServerAddresses = Readonly<Record<string, string | number>>

export interface StartedServer {
  readonly addresses: ServerAddresses
  /** One line for people. */
  readonly readyText: string
  readonly close: () => Promise<void>
}

export interface ServerProcessOptions {
  readonly name: string
  readonly log: Log
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal
  readonly start: () => Promise<StartedServer>
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** sysexits.h: a bug of ours. */
const EXIT_SOFTWARE = 70
const SHUTDOWN_LIMIT_MS = 10_000
/** After a clean close nothing should be left that keeps the process alive. */
const LINGER_LIMIT_MS = 2_000

/** Runs a server until `signal` aborts or the parent process is gone. @returns the exit code */
export async function runServerProcess(options: ServerProcessOptions): Promise<number> {
  const { name, log } = options
  endOnBugs(log)
  const stopping = stopRequest(options.signal)
  let server: StartedServer
  try {
    server = await options.start()
  } catch (error) {
    const failure = toDfsError(error)
    log.error({ error }, 'start failed')
    for (const line of failure.message.split('\n')) options.printError(`${name}: ${line}`)
    tellParent({ kind: 'failed', code: failure.code, message: failure.message })
    leaveSoon(log)
    return failure.row.exitCode
  }
  log.info({ ...server.addresses }, 'ready')
  options.print(server.readyText)
  tellParent({ kind: 'ready', addresses: server.addresses })
  const reason = await stopping
  log.info({ reason }, 'stopping')
  return await closeInTime(server, log)
}

async function closeInTime(server: StartedServer, log: Log): Promise<number> {
  const closed = server.close().then(
    () => 0,
    (error: unknown) => {
      log.error({ error }, 'shutdown was not clean')
      return EXIT_SOFTWARE
    },
  )
  const limit = new Promise<number>((resolve) => {
    systemClock.after(SHUTDOWN_LIMIT_MS, () => {
      log.error({ limitMs: SHUTDOWN_LIMIT_MS }, 'shutdown took too long')
      resolve(EXIT_SOFTWARE)
    })
  })
  const exitCode = await Promise.race([closed, limit])
  log.info({ exitCode }, 'stopped')
  leaveSoon(log, exitCode)
  return exitCode
}

/** Resolves with why to stop. */
function stopRequest(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(messageOf(signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    // The channel closes however the parent ends, also by kill -9.
    process.once('disconnect', () => resolve('the parent process is gone'))
  })
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}

function tellParent(message: ServerMessage): void {
  if (process.send === undefined || !process.connected) return
  process.send(message, (error: Error | null) => {
    // The parent is gone: `disconnect` says so too, and ends us.
    if (error !== null) process.emitWarning(error)
  })
}

/** Lets the last message leave, then closes the channel; ends the process if something still holds it. */
function leaveSoon(log: Log, exitCode?: number): void {
  if (process.connected) setImmediate(() => process.connected && process.disconnect())
  systemClock.after(LINGER_LIMIT_MS, () => {
    log.warn({}, 'something kept the process alive after its shutdown')
    process.exit(exitCode)
  })
}

/** A broken promise of ours leaves unknown state behind: log it and end, the next start recovers. */
function endOnBugs(log: Log): void {
  const end = (error: unknown, event: string) => {
    log.error({ error }, event)
    process.exit(EXIT_SOFTWARE)
  }
  process.on('uncaughtException', (error) => end(error, 'uncaught exception'))
  process.on('unhandledRejection', (error) => end(error, 'unhandled rejection'))
}

/** Narrows what came over an IPC channel. */
export function parseServerMessage(value: unknown): ServerMessage {
  if (typeof value === 'object' && value !== null && 'kind' in value) {
    if (value.kind === 'ready' && 'addresses' in value) {
      return { kind: 'ready', addresses: value.addresses as ServerAddresses }
    }
    if (value.kind === 'failed' && 'message' in value && 'code' in value) {
      return { kind: 'failed', code: String(value.code), message: String(value.message) }
    }
  }
  throw new DfsError('INTERNAL', 'a server process sent something else than its state')
}
