/** The write-ahead log of the namespace: moved in time, told of when a reader holds it, refused to grow for ever. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpointer, type WalLimits } from '../../../../namenode/storage/checkpointer.js'
import {
  type Database,
  openReadingConnection,
  openWritingConnection,
} from '../../../../namenode/storage/database.js'

const LIMITS: WalLimits = { checkpoint: 40, alarm: 120, refuse: 240 }
const FREELY = 1000

let folder: string
let database: Database
let alarms: number[]
let checkpointer: Checkpointer

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpointer-'))
  database = openWritingConnection(join(folder, 'namespace.db'))
  database.exec('CREATE TABLE filling (content BLOB)')
  alarms = []
  checkpointer = new Checkpointer(database, (pages) => alarms.push(pages), LIMITS)
  moveAll()
})

afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One commit of some twenty pages more. */
function batch(changes: number): 'open' | 'full' {
  database.prepare('INSERT INTO filling VALUES (zeroblob(80000))').run()
  return checkpointer.afterBatch(changes)
}

function pagesInWal(): number {
  const look = database.prepare<[], { log: number; checkpointed: number }>(
    'PRAGMA wal_checkpoint(NOOP)',
  )
  const { log, checkpointed } = look.get() ?? { log: 0, checkpointed: 0 }
  return log - checkpointed
}

function moveAll(): void {
  database.pragma('wal_checkpoint(PASSIVE)')
}

/** Holds what is there now. */
function readForLong(): () => void {
  const reader = openReadingConnection(join(folder, 'namespace.db'))
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM inode').get()
  return () => reader.close()
}

describe('Checkpointer', () => {
  it('moves what many changes have written', () => {
    for (let count = 0; count < 5; count += 1) expect(batch(FREELY)).toBe('open')
    expect(pagesInWal()).toBeLessThan(LIMITS.checkpoint)
  })

  it('looks after some batches where each carries little', () => {
    let most = 0
    for (let count = 0; count < 40; count += 1) {
      batch(1)
      most = Math.max(most, pagesInWal())
    }
    expect(most).toBeGreaterThan(LIMITS.checkpoint)
    expect(most).toBeLessThan(10 * LIMITS.checkpoint)
  })

  it('tells once of a reader that keeps the log from shrinking', () => {
    const end = readForLong()
    while (pagesInWal() < LIMITS.refuse) batch(FREELY)
    expect(alarms).toHaveLength(1)
    end()
    batch(FREELY)
    expect(pagesInWal()).toBeLessThan(LIMITS.checkpoint)
  })

  it('refuses at the cap, and looks each time whether there is room again', () => {
    const end = readForLong()
    let state = batch(FREELY)
    while (state === 'open') state = batch(FREELY)
    expect(pagesInWal()).toBeGreaterThan(LIMITS.refuse)
    expect(checkpointer.afterBatch(1)).toBe('full')
    end()
    expect(checkpointer.afterBatch(1)).toBe('open')
    expect(pagesInWal()).toBe(0)
  })
})
