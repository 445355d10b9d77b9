/**
 * SQLite as simulated namenodes have it: the real one, of which is noted how much of each write-ahead log a power cut
 * leaves. The bundling step puts it in the place of the driver (scripts/simulate.mjs).
 */
import { statSync } from 'node:fs'
import BetterSqlite3 from 'better-sqlite3'

/** `PRAGMA synchronous`: from here on a commit has synced its write-ahead log when it returns. */
const FULL = 2

interface WriteAheadLog {
  /** Bytes that were synced. */
  durableBytes: number
  /** Told once, inside the next commit: everything is written, nothing of it synced. */
  onUnsynced: ((syncedBytes: number) => void) | undefined
}

const LOGS = new Map<string, WriteAheadLog>()

function logOf(path: string): WriteAheadLog {
  let log = LOGS.get(path)
  if (log === undefined) {
    log = { durableBytes: 0, onUnsynced: undefined }
    LOGS.set(path, log)
  }
  return log
}

/** How much of a database's write-ahead log is on the disk. */
export const durableLogBytes = (path: string): number => logOf(path).durableBytes

/** What an earlier life has left is on the disk as far as that one synced it. */
export function inheritLog(path: string, durableBytes: number): void {
  logOf(path).durableBytes = durableBytes
}

/** Has the power fail inside the next commit; undefined takes it back. */
export function atNextCommit(path: string, run: WriteAheadLog['onUnsynced']): void {
  logOf(path).onUnsynced = run
}

/** What is known of the databases of a world that is over. */
export function forgetLogs(): void {
  LOGS.clear()
}

export default class WatchedDatabase extends BetterSqlite3 {
  constructor(path: string, options: BetterSqlite3.Options = {}) {
    super(path, options)
    const prepare = this.prepare.bind(this)
    // An override could not repeat the declared generic type, whose result is a conditional one.
    this.prepare = ((sql: string) => {
      const statement = prepare(sql)
      if (sql !== 'COMMIT') return statement
      const run = statement.run.bind(statement)
      return Object.assign(statement, { run: () => this.#watch(run) })
    }) as typeof prepare
  }

  override exec(source: string): this {
    return /\bCOMMIT\b/.test(source) ? this.#watch(() => super.exec(source)) : super.exec(source)
  }

  #watch<T>(commit: () => T): T {
    const log = logOf(this.name)
    const before = lengthOf(`${this.name}-wal`)
    const result = commit()
    const after = lengthOf(`${this.name}-wal`)
    const { onUnsynced } = log
    if (onUnsynced !== undefined && after > before) {
      log.onUnsynced = undefined
      onUnsynced(Math.min(before, log.durableBytes))
    }
    if (this.#synchronous() >= FULL) log.durableBytes = after
    return result
  }

  #synchronous(): number {
    return Number(this.prepare('PRAGMA synchronous').pluck().get())
  }
}

function lengthOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
