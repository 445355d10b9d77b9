/** What a start makes of a data folder after crashes, damage and mix-ups (reliability faults 1, 30 to 33). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import {
  openReadingConnection,
  openWritingConnection,
  pragmaValue,
} from '../../../../namenode/storage/database.js'
import { Database } from '../../../../shared/sqlite.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import {
  type Fixture,
  HandClock,
  openFixture,
  openOn,
  ROOT,
  refusal,
} from '../namespace/namespace-fixture.js'
import { checkStore } from '../namespace/store-checks.js'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(() => fixture.dispose())

const DIRECTORIES = 30

/** The folder as a kill of the process leaves it after 30 acknowledged changes, each with a commit of its own. */
async function crashImage(): Promise<string> {
  for (let number = 0; number < DIRECTORIES; number += 1) {
    await fixture.namespace.mkdirs(ROOT, {
      path: `/d${number}`,
      permission: 0o755,
      createParent: true,
    })
  }
  const image = temporaryFolder()
  cpSync(fixture.folder, image, { recursive: true })
  return image
}

const open = (folder: string) => openOn(folder, new HandClock())

async function reopened(folder: string): Promise<number> {
  const namespace = await open(folder)
  const { directories } = namespace.totals()
  await namespace.close()
  checkStore(folder)
  return directories - 1
}

describe('a start after a crash', () => {
  it('finds every acknowledged change', async () => {
    expect(await reopened(await crashImage())).toBe(DIRECTORIES)
  })

  it('drops a transaction that was being written', async () => {
    const image = await crashImage()
    const wal = `${namespacePaths(image).database}-wal`
    const frame = readFileSync(wal).subarray(-(4096 + 24))
    frame.fill(7, 2000)
    writeFileSync(wal, frame.subarray(0, 3000), { flag: 'a' })
    expect(await reopened(image)).toBe(DIRECTORIES)
  })

  it('goes on when the very first start died before the version file was written', async () => {
    const image = await crashImage()
    rmSync(namespacePaths(image).version)
    rmSync(namespacePaths(image).record)
    expect(await reopened(image)).toBe(DIRECTORIES)
    expect(existsSync(namespacePaths(image).version)).toBe(true)
  })

  it('accepts a record of which one slot is torn', async () => {
    const image = await crashImage()
    const { record } = namespacePaths(image)
    const bytes = readFileSync(record)
    bytes.fill(0xff, 512, 700)
    writeFileSync(record, bytes)
    expect(await reopened(image)).toBe(DIRECTORIES)
  })
})

describe('a start refuses', () => {
  it('a log with a flipped bit in the middle, and leaves the evidence alone', async () => {
    const image = await crashImage()
    const wal = `${namespacePaths(image).database}-wal`
    const bytes = readFileSync(wal)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(wal, bytes)
    const text = await refusal(open(image))
    expect(text).toMatch(
      /^DATABASE_CORRUPT: .*ends at transaction \d+ .*but transaction 32 .*had been committed/,
    )
    expect(readFileSync(wal).equals(bytes)).toBe(true)
    // Asking twice changes nothing either.
    expect(await refusal(open(image))).toBe(text)
  })

  it('a log that lost its end', async () => {
    const image = await crashImage()
    const wal = `${namespacePaths(image).database}-wal`
    truncateSync(wal, statSync(wal).size - 5 * (4096 + 24))
    expect(await refusal(open(image))).toContain('had been committed')
  })

  it.each([
    [
      'missing',
      (path: string) => rmSync(path),
      'is missing or empty, but this folder has an earlier life',
    ],
    ['empty', (path: string) => writeFileSync(path, ''), 'is missing or empty'],
    ['garbage', (path: string) => writeFileSync(path, Buffer.alloc(9000, 'x')), 'DATABASE_CORRUPT'],
  ])('a database that is %s', async (_name, damage, expected) => {
    const image = await crashImage()
    const { database } = namespacePaths(image)
    for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true })
    damage(database)
    const text = await refusal(open(image))
    expect(text).toContain('DATABASE_CORRUPT')
    expect(text).toContain(expected)
  })

  it('an older copy of its own database', async () => {
    const old = await crashImage()
    await fixture.namespace.mkdirs(ROOT, { path: '/later', permission: 0o755, createParent: true })
    cpSync(namespacePaths(fixture.folder).record, namespacePaths(old).record)
    expect(await refusal(open(old))).toContain('or it is an older copy')
  })

  it('the database of another cluster', async () => {
    const image = await crashImage()
    const other = mkdtempSync(join(tmpdir(), 'dfs-other-'))
    try {
      await (await openOn(other, new HandClock(), {}, 'inline')).close()
      const version = namespacePaths(other).version
      writeFileSync(version, readFileSync(version, 'utf8').replace(/CID-[^\n]*/, 'CID-another'))
      for (const suffix of ['-wal', '-shm']) {
        rmSync(namespacePaths(image).database + suffix, { force: true })
      }
      cpSync(version, namespacePaths(image).version)
      cpSync(namespacePaths(other).database, namespacePaths(image).database)
      expect(await refusal(open(image))).toMatch(
        /belongs to cluster CID-.*, the folder to CID-another/,
      )
    } finally {
      rmSync(other, { recursive: true })
    }
  })

  it('the database of another program', async () => {
    const folder = temporaryFolder()
    const foreign = new Database(namespacePaths(folder).database)
    foreign.exec('CREATE TABLE notes (text); PRAGMA user_version = 1')
    foreign.close()
    expect(await refusal(open(folder))).toContain('database of another program')
  })

  it('a newer schema, and a newer layout', async () => {
    const image = await crashImage()
    const { database, version } = namespacePaths(image)
    const newer = new Database(database)
    newer.pragma('user_version = 99')
    newer.close()
    expect(await refusal(open(image))).toMatch(/^DATA_FOLDER_NEWER: .*schema version 99/)
    writeFileSync(version, readFileSync(version, 'utf8').replace('Version=1', 'Version=2'))
    expect(await refusal(open(image))).toMatch(/^DATA_FOLDER_NEWER: .*layout 2/)
  })

  it('a record of which no slot is intact', async () => {
    const image = await crashImage()
    writeFileSync(namespacePaths(image).record, Buffer.alloc(1024, 1))
    expect(await refusal(open(image))).toContain('no slot of it is intact')
  })
})

describe('the folder lock', () => {
  it('keeps a second namenode out, says who is in, and goes with its owner', async () => {
    const text = await refusal(open(fixture.folder))
    expect(text).toMatch(/^DATA_FOLDER_LOCKED: .*in use by another namenode \(pid \d+ on /)
    expect(text).toContain(`pid ${process.pid}`)
    await fixture.reopen()
    expect(fixture.namespace.totals().directories).toBe(1)
  })

  it('is freed by kill -9', async () => {
    await fixture.namespace.close()
    const script = `
      const database = new (require('better-sqlite3'))(process.argv[1])
      database.exec('BEGIN EXCLUSIVE')
      console.log('locked')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['-e', script, join(fixture.folder, 'lock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    expect(await refusal(open(fixture.folder))).toContain('DATA_FOLDER_LOCKED')
    child.kill('SIGKILL')
    await once(child, 'exit')
    fixture.namespace = await open(fixture.folder)
    expect(fixture.namespace.totals().directories).toBe(1)
  })
})

describe('a connection', () => {
  it('syncs every commit, checkpoints only when told, and reads without the power to write', () => {
    const path = join(temporaryFolder(), 'x.db')
    const writer = openWritingConnection(path)
    const settings = ['journal_mode', 'synchronous', 'wal_autocheckpoint'].map((name) =>
      pragmaValue(writer, name),
    )
    expect(settings).toEqual(['wal', 2, 0])
    const reader = openReadingConnection(path)
    expect(() => reader.exec('DELETE FROM inode')).toThrow(/readonly/)
    reader.close()
    writer.close()
  })
})
