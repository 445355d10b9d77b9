/**
 * The life of a server process: start, say that it is ready, serve until told to stop, close within a limit. A second
 * signal is the caller's to handle (it ends the process at once).
 */

import type { Clock } from './clock.js'
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
  /** Resolves when the server cannot go on by itself. */
  readonly failed?: Promise<DfsError>
  /** Resolves with who wants the server to end, when somebody said so to the server itself. */
  readonly stopRequested?: Promise<string>
  readonly close: () => Promise<void>
}

/** What a server needs of its process. */
export interface ProcessHost {
  /** Tells the process that started this one; nothing happens when there is none. */
  tellParent(message: ServerMessage): void
  /** Called once when that process is gone, however it ended. */
  onParentGone(action: () => void): void
  /** Lets go of that process, once what was told it has left. */
  leaveParent(): void
  /** Called with what nobody caught. */
  onBug(action: (error: unknown, event: string) => void): void
  exit(code: number): void
}

export interface ServerProcessOptions {
  readonly name: string
  readonly host: ProcessHost
  readonly clock: Clock
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
  const { name, log, host } = options
  // A broken promise of ours leaves unknown state behind: log it and end, the next start recovers.
  host.onBug((error, event) => {
    log.error({ error }, event)
    host.exit(EXIT_SOFTWARE)
  })
  const stopping = stopRequest(options)
  let server: StartedServer
  try {
    server = await options.start()
  } catch (error) {
    const failure = toDfsError(error)
    log.error({ error }, 'start failed')
    for (const line of failure.message.split('\n')) options.printError(`${name}: ${line}`)
    host.tellParent({ kind: 'failed', code: failure.code, message: failure.message })
    leaveSoon(options, failure.row.exitCode)
    return failure.row.exitCode
  }
  log.info({ ...server.addresses }, 'ready')
  options.print(server.readyText)
  host.tellParent({ kind: 'ready', addresses: server.addresses })
  const end = await Promise.race([
    stopping,
    ...(server.failed === undefined ? [] : [server.failed]),
    ...(server.stopRequested === undefined ? [] : [server.stopRequested]),
  ])
  if (end instanceof DfsError) options.printError(`${name}: ${end.message}`)
  log.info({ reason: messageOf(end) }, 'stopping')
  const closeCode = await closeInTime(server, options)
  const exitCode = end instanceof DfsError ? end.row.exitCode : closeCode
  log.info({ exitCode }, 'stopped')
  leaveSoon(options, exitCode)
  return exitCode
}

/** Resolves with why to stop. */
function stopRequest({ signal, host }: ServerProcessOptions): Promise<string> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(messageOf(signal.reason))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    host.onParentGone(() => resolve('the parent process is gone'))
  })
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}

async function closeInTime(
  server: StartedServer,
  { clock, log }: ServerProcessOptions,
): Promise<number> {
  let cancel = () => {}
  const limit = new Promise<number>((resolve) => {
    cancel = clock.after(SHUTDOWN_LIMIT_MS, () => {
      log.error({ limitMs: SHUTDOWN_LIMIT_MS }, 'shutdown took too long')
      resolve(EXIT_SOFTWARE)
    })
  })
  const closed = server.close().then(
    () => 0,
    (error: unknown) => {
      log.error({ error }, 'shutdown was not clean')
      return EXIT_SOFTWARE
    },
  )
  const exitCode = await Promise.race([closed, limit])
  cancel()
  return exitCode
}

/** Ends the process if something still holds it although everything is closed. */
function leaveSoon({ host, clock, log }: ServerProcessOptions, exitCode: number): void {
  host.leaveParent()
  clock.after(LINGER_LIMIT_MS, () => {
    log.warn({}, 'something kept the process alive after its shutdown')
    host.exit(exitCode)
  })
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
