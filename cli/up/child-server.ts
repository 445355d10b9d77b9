/** A namenode or datanode as a child process: started, watched, stopped. It ends when this process does. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { ServerProcess } from '../../shared/config/setting.js'
import { DfsError, ERROR_TABLE, type ErrorCode } from '../../shared/errors.js'
import { withoutExtraCertificates } from '../../shared/extra-certificates.js'
import { parseServerMessage, type ServerAddresses } from '../../shared/server-process.js'
import { type ClusterFolder, withLog } from './cluster-folder.js'
import { programPath } from './program-path.js'

export interface ChildServerOptions {
  /** In messages, and the name of its folder and log. */
  readonly name: string
  readonly process: ServerProcess
  readonly folder: ClusterFolder
  /** Passed on as they are: `--config x`. */
  readonly arguments: readonly string[]
  /** Become `--set key=value`. */
  readonly settings: Readonly<Record<string, string | number>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class ChildServer {
  readonly name: string
  /** Resolves with its addresses when it serves; rejects when it could not start. */
  readonly ready: Promise<ServerAddresses>
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess

  constructor(options: ChildServerOptions) {
    this.name = options.name
    const settings = Object.entries(options.settings).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ])
    this.#child = withLog(options.folder, options.name, (log) =>
      spawn(process.execPath, [programPath(), options.process, ...options.arguments, ...settings], {
        stdio: ['ignore', log, log, 'ipc'],
        env: withoutExtraCertificates(options.environment),
      }),
    )
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }))
      this.#child.once('error', () => resolve({ code: null, signal: null }))
    })
    this.ready = this.#waitUntilReady(options.folder.logFile(options.name))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal)
  }

  #waitUntilReady(logFile: string): Promise<ServerAddresses> {
    const ready = new Promise<ServerAddresses>((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('message', (value) => {
        const message = parseServerMessage(value)
        if (message.kind === 'ready') resolve(message.addresses)
        else reject(new DfsError(codeOf(message.code), `${this.name}: ${message.message}`))
      })
      this.#child.once('exit', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`
        const text = `${this.name} ended while starting (${how}); its log is ${logFile}`
        reject(new DfsError('IO', text))
      })
    })
    // Somebody may look only later, or never when another child failed first.
    ready.catch(() => {})
    return ready
  }
}

function codeOf(name: string): ErrorCode {
  const known = Object.keys(ERROR_TABLE).find((code): code is ErrorCode => code === name)
  return known ?? 'INTERNAL'
}
