import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { Database } from '../../../shared/sqlite.js'

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  await new Promise((resolve) => setImmediate(resolve))
  collect()
}

it('a parameter after LIMIT does not make SQLite compile the statement again for each value', () => {
  const database = new Database(':memory:')
  database.exec('CREATE TABLE number (value INTEGER PRIMARY KEY)')
  database.exec('INSERT INTO number VALUES (1), (2), (3)')
  const statement = database
    .prepare<[number, number], number>('SELECT value FROM number ORDER BY value LIMIT ? OFFSET ?')
    .pluck()
  expect(statement.source).toContain('LIMIT ? + 0 OFFSET ? + 0')
  expect(statement.all(2, 1)).toEqual([2, 3])
  expect(statement.all(1, 0)).toEqual([1])
  const named = database.prepare('SELECT value FROM number WHERE value > ?1 LIMIT ?2 OFFSET @skip')
  expect(named.source).toContain('LIMIT ?2 + 0 OFFSET @skip + 0')
  database.close()
})

it('what the library makes for a walk through a result is never collected either', async () => {
  const database = new Database(':memory:')
  const walk = () => database.prepare('SELECT 1').raw().iterate()
  const made = new WeakRef(walk())
  for (const row of made.deref() ?? []) expect(row).toEqual([1])
  await collectGarbage()
  expect(made.deref()).toBeDefined()
  database.close()
})

it('what the library makes for a backup is never collected: newer Nodes end the process when it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfs-sqlite-'))
  const database = new Database(':memory:')
  database.exec('CREATE TABLE number (value INTEGER PRIMARY KEY)')
  const [symbol] = Object.getOwnPropertySymbols(database)
  const native: { backup: (...args: unknown[]) => object } = Reflect.get(database, symbol ?? '')
  const make = native.backup
  const made: WeakRef<object>[] = []
  native.backup = (...args) => {
    const backup = make.apply(native, args)
    made.push(new WeakRef(backup))
    return backup
  }
  await database.backup(join(folder, 'copy'))
  await collectGarbage()
  expect(made.map((it) => it.deref() === undefined)).toEqual([false])
  database.close()
  rmSync(folder, { recursive: true })
})
