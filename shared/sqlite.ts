/**
 * SQLite as all rooms open it: better-sqlite3, whose objects are kept until the process ends.
 *
 * From 24.19 on Node ends the process ("Assertion failed: (env) != nullptr") when the garbage collector finds a native
 * object of the kind that better-sqlite3 12 makes, outside of JavaScript, which is when it usually runs. Version 13 is
 * free of that but does not run on Node 20. What is never garbage is never collected: databases and statements stay in
 * a list, with what backups and iterators are; of what the library makes and drops on its own, `pragma` is not used. A
 * process opens a handful of databases, each of which prepares its statements once, and a few more for each backup;
 * iterators are used only in processes that soon end: the list hardly grows.
 */
import BetterSqlite3 from 'better-sqlite3'

export type { Statement } from 'better-sqlite3'

const KEPT: object[] = []

export class Database extends BetterSqlite3 {
  /** @throws better-sqlite3's errors: translate them with `toDfsError` */
  constructor(path: string, options: BetterSqlite3.Options = {}) {
    super(path, options)
    KEPT.push(this)
    const prepare = this.prepare.bind(this)
    // An override could not repeat the declared generic type, whose result is a conditional one.
    this.prepare = ((sql: string) => {
      const statement = prepare(withSteadyLimits(sql))
      KEPT.push(statement)
      keepIterators(statement)
      return statement
    }) as typeof prepare
    this.#keepBackups()
  }

  /** Sets or asks a pragma. @returns the first column of the first row; undefined when there is none */
  override pragma(source: string): unknown {
    const statement = this.prepare<[], unknown>(`PRAGMA ${source}`)
    if (!statement.reader) {
      statement.run()
      return undefined
    }
    return statement.pluck().get()
  }

  /** The library makes an object for each backup and drops it; only its own object, behind a symbol, hands it out. */
  #keepBackups(): void {
    for (const symbol of Object.getOwnPropertySymbols(this)) {
      const native: NativeDatabase = Reflect.get<object, symbol>(this, symbol)
      const make = native.backup.bind(native)
      native.backup = (...args) => {
        const made = make(...args)
        KEPT.push(made)
        return made
      }
    }
  }
}

/** The library makes an object for each walk through a result. */
function keepIterators(statement: { iterate: (...parameters: never[]) => object }): void {
  const iterate = statement.iterate.bind(statement)
  statement.iterate = (...parameters) => {
    const made = iterate(...parameters)
    KEPT.push(made)
    return made
  }
}

/** The library's own object behind a database, as far as it is used here. */
interface NativeDatabase {
  backup: (...args: readonly unknown[]) => object
}

/**
 * A bare parameter after LIMIT or OFFSET is one that SQLite (from 3.47 on) plans with: each new value makes it compile the
 * whole statement again, 40 to 60 microseconds instead of one for a short query. A parameter inside an expression is not.
 */
function withSteadyLimits(sql: string): string {
  return sql.replaceAll(/\b(LIMIT|OFFSET) (\?\d*|[:@$]\w+)/g, '$1 $2 + 0')
}
