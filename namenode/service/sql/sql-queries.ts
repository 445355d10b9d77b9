/** Questions in SQL about the namespace, each answered by a process of its own that is killed at its time limit. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import { withoutExtraCertificates } from '../../../shared/extra-certificates.js'
import { type Audit, auditFolder } from '../access/audit.js'
import type { BlockManager } from '../blocks/block-manager.js'
import { namespacePaths } from '../namespace/namespace-folder.js'
import type { SqlAnswer, SqlQuestion, SqlValue } from './sql-answer.js'
import type { NodeRow } from './sql-views.js'

export interface SqlQueriesOptions {
  readonly clock: Clock
  readonly dataFolder: string
  readonly blockManager: Pick<BlockManager, 'datanodes'>
  readonly audit: Pick<Audit, 'flush'>
}

export interface SqlResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly SqlValue[])[]
  readonly isTruncated: boolean
  readonly durationMs: number
}

/** Each takes a core for as long as it runs. */
const MAX_RUNNING = 2
const MAX_HEAP_MIB = 512

export class SqlQueries {
  readonly #options: SqlQueriesOptions
  readonly #running = new Set<ChildProcess>()

  constructor(options: SqlQueriesOptions) {
    this.#options = options
  }

  /**
   * Answers one reading statement.
   * @throws DfsError ILLEGAL_ARGUMENT with SQLite's words, TIMEOUT, OVERLOADED when others are being answered
   */
  async ask(
    sql: string,
    limits: { readonly maxRows: number; readonly timeLimitMs: number },
    signal: AbortSignal,
  ): Promise<SqlResult> {
    const { clock, dataFolder, audit } = this.#options
    const startedMs = clock.monotonicMs()
    await audit.flush()
    const question: SqlQuestion = {
      sql,
      ...limits,
      places: {
        namespacePath: namespacePaths(dataFolder).database,
        replicaPath: join(dataFolder, 'replicas.db'),
        auditFolder: auditFolder(dataFolder),
      },
      nodes: this.#nodes(),
    }
    const answer = await this.#answer(question, signal)
    if (answer.kind === 'refused') throw new DfsError('ILLEGAL_ARGUMENT', answer.message)
    const { columns, rows, isTruncated } = answer
    return { columns, rows, isTruncated, durationMs: clock.monotonicMs() - startedMs }
  }

  /** From the start of the process on somebody waits for its end: nothing else is awaited meanwhile. */
  #answer(question: SqlQuestion, signal: AbortSignal): Promise<SqlAnswer> {
    if (this.#running.size >= MAX_RUNNING) {
      throw new DfsError('OVERLOADED', `${MAX_RUNNING} questions are being answered already`)
    }
    const child = this.#start()
    if (child.connected) child.send(question)
    return this.#answerOf(child, question.timeLimitMs, signal)
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }

  #start(): ChildProcess {
    const child = fork(processEntry(), [], {
      env: withoutExtraCertificates(),
      execArgv: [`--max-old-space-size=${MAX_HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#running.add(child)
    const ended = () => this.#running.delete(child)
    child.once('exit', ended)
    child.once('error', ended)
    return child
  }

  async #answerOf(
    child: ChildProcess,
    timeLimitMs: number,
    signal: AbortSignal,
  ): Promise<SqlAnswer> {
    const { clock } = this.#options
    const kill = () => child.kill('SIGKILL')
    let isTooLate = false
    const cancel = clock.after(timeLimitMs, () => {
      isTooLate = true
      kill()
    })
    signal.addEventListener('abort', kill)
    if (signal.aborted) kill()
    try {
      return await new Promise<SqlAnswer>((resolve, reject) => {
        child.once('message', (answer: SqlAnswer) => resolve(answer))
        child.once('error', (cause) => {
          reject(
            new DfsError('INTERNAL', `no process could be started: ${cause.message}`, { cause }),
          )
        })
        child.once('exit', () => {
          const limit = `no answer within ${timeLimitMs} ms: ask for less, or allow more`
          const text = 'the question was given up'
          reject(isTooLate ? new DfsError('TIMEOUT', limit) : new DfsError('INTERRUPTED', text))
        })
      })
    } finally {
      cancel()
      signal.removeEventListener('abort', kill)
      kill()
    }
  }

  #nodes(): NodeRow[] {
    const sum = (numbers: readonly number[]) => numbers.reduce((total, it) => total + it, 0)
    return this.#options.blockManager.datanodes().map((it) => ({
      uuid: it.uuid,
      hostname: it.hostname,
      address: `${it.addresses[0] ?? it.hostname}:${it.transferPort}`,
      rack: it.rack,
      state: it.adminState === 'normal' ? it.liveness : it.adminState,
      capacityBytes: sum(it.storages.map((storage) => storage.capacityBytes)),
      usedBytes: sum(it.storages.map((storage) => storage.usedBytes)),
      remainingBytes: sum(it.storages.map((storage) => storage.remainingBytes)),
      lastHeartbeatMs: it.lastHeartbeatWallMs,
    }))
  }
}

/** As for the writer's thread: built JavaScript, beside the script that runs, or what was built last. */
function processEntry(): string {
  const isSource = import.meta.url.endsWith('.ts')
  const entry = isSource ? '../../../dist/namenode/service/sql/sql-process.js' : './sql-process.js'
  return fileURLToPath(new URL(entry, import.meta.url))
}
