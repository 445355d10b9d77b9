import { expect, it } from 'vitest'
import { Database } from '../../../shared/sqlite.js'

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
  database.close()
})
