/** Copies, replays and comparisons of a namespace, with damage that each must notice. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { restoreNamespace, verifyNamespace } from '../../../../namenode/offline.js'
import { Backups } from '../../../../namenode/service/backup/backups.js'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import {
  BACKUP_DATABASE,
  BACKUP_MANIFEST,
  backupName,
  partialName,
} from '../../../../shared/backup-manifest.js'
import { sha256OfFile } from '../../../../shared/file-digest.js'
import { Database } from '../../../../shared/sqlite.js'
import { flipBit } from '../../../support/flip-bit.js'
import {
  as,
  type Fixture,
  HandClock,
  openFixture,
  openOn,
  ROOT,
  refusal,
  writeFile,
} from '../namespace/namespace-fixture.js'

let fixture: Fixture
let folder: string
beforeEach(async () => {
  fixture = await openFixture({ keepDeletedMs: 60_000 })
  folder = mkdtempSync(join(tmpdir(), 'dfs-backup-'))
})
afterEach(async () => {
  await fixture.dispose()
  rmSync(folder, { recursive: true, force: true })
})

/** As `dfs backup` leaves it. */
async function backUp(): Promise<string> {
  const copy = await new Backups(fixture.folder, fixture.clock).make(ROOT)
  const path = join(folder, 'backups', backupName(copy.manifest.transactionId))
  mkdirSync(path, { recursive: true })
  copyFileSync(copy.path, join(path, BACKUP_DATABASE))
  writeFileSync(join(path, BACKUP_MANIFEST), JSON.stringify(copy.manifest))
  copy.release()
  return path
}

const restore = (toTransaction?: number, name = 'restored') =>
  restoreNamespace({
    from: join(folder, 'backups'),
    toTransaction,
    dataFolder: join(folder, name),
    clock: fixture.clock,
  })

/** Everything that happens in a namespace, a little of each. */
async function live(prefix: string): Promise<void> {
  const { namespace } = fixture
  await writeFile(namespace, `/${prefix}/f`, [1000, 5])
  await writeFile(namespace, `/${prefix}/g`, [7])
  await namespace.allowSnapshot(ROOT, { path: `/${prefix}` })
  await namespace.createSnapshot(ROOT, { path: `/${prefix}`, name: 's' })
  await namespace.setReplication(ROOT, { path: `/${prefix}/f`, replication: 2 })
  await namespace.delete(ROOT, { path: `/${prefix}/g`, recursive: true })
  await namespace.undelete(ROOT, { path: `/${prefix}/g`, overwrite: false })
  await namespace.delete(ROOT, { path: `/${prefix}/f`, recursive: true })
}

describe('a backup', () => {
  it('is a whole namespace while changes go on, and only superusers get one', async () => {
    await live('a')
    const backups = new Backups(fixture.folder, fixture.clock)
    expect(await refusal(backups.make(as('alice')))).toContain('PERMISSION_DENIED')
    const transaction = fixture.namespace.lastTransactionId()
    const copying = backups.make(ROOT)
    expect(await refusal(backups.make(ROOT))).toContain('OVERLOADED')
    await live('b')
    const copy = await copying
    expect(copy.manifest).toMatchObject({
      transactionId: transaction,
      clusterId: fixture.namespace.identity.clusterId,
    })
    copy.release()
    const next = await backups.make(ROOT)
    copy.release()
    expect(existsSync(next.path)).toBe(true)
    next.release()
    await backUp()
    expect(verifyNamespace({ backup: folder })).toMatchObject({ isSame: true, fromTransaction: 0 })
  })
})

describe('a restore', () => {
  it('goes back to any transaction, and never gives an id out again', async () => {
    await live('a')
    await backUp()
    await writeFile(fixture.namespace, '/wanted', [3])
    const wanted = fixture.namespace.lastTransactionId()
    const lost = await writeFile(fixture.namespace, '/lost', [4])
    const [lostBlock] = fixture.namespace.blocksOfFile(lost.id)
    await backUp()
    const restored = await restore(wanted)
    expect(restored).toMatchObject({ transactionId: wanted, replayedEdits: 3, files: 2 })
    const namespace = await openOn(join(folder, 'restored'), new HandClock())
    try {
      expect(namespace.status(ROOT, '/wanted')?.lengthBytes).toBe(3)
      expect(namespace.status(ROOT, '/lost')).toBeUndefined()
      expect(namespace.status(ROOT, '/a/.snapshot/s/f')?.lengthBytes).toBe(1005)
      expect(namespace.identity.clusterId).toBe(fixture.namespace.identity.clusterId)
      expect(namespace.identity.epoch).toBeGreaterThan(fixture.namespace.identity.epoch + 1000)
      const { id } = await writeFile(namespace, '/new', [1])
      const [block] = namespace.blocksOfFile(id)
      expect(id).toBeGreaterThan(lost.id)
      expect(block?.id).toBeGreaterThan(lostBlock?.id ?? Number.POSITIVE_INFINITY)
      expect(block?.generationStamp).toBeGreaterThan(
        lostBlock?.generationStamp ?? Number.POSITIVE_INFINITY,
      )
      expect(namespace.lastTransactionId()).toBeGreaterThan(
        fixture.namespace.lastTransactionId() + 1000,
      )
    } finally {
      await namespace.close()
    }
  })

  it('is replayed like any other life, from before it and from after', async () => {
    await live('a')
    await backUp()
    const { transactionId } = await restore()
    const { database } = namespacePaths(join(folder, 'restored'))
    const volume = (name: string) => {
      const path = join(folder, name, 'subdir0')
      mkdirSync(path, { recursive: true })
      copyFileSync(database, join(path, 'blk_1073741825'))
      return join(folder, name)
    }
    // Found on a volume of a datanode by what it is.
    const before = volume('one')
    const whole = verifyNamespace({ backup: before })
    expect(whole).toMatchObject({
      isSame: true,
      fromTransaction: 0,
      replayedEdits: transactionId + 1,
    })
    const namespace = await openOn(join(folder, 'restored'), new HandClock())
    await writeFile(namespace, '/new', [1])
    await namespace.close()
    const after = verifyNamespace({ backup: volume('two'), base: before })
    expect(after).toMatchObject({ isSame: true, fromTransaction: whole.transactionId })
  })

  it('passes over the block of a backup that was being written when everything stopped', async () => {
    await live('a')
    await backUp()
    const { transactionId } = await restore()
    const { database } = namespacePaths(join(folder, 'restored'))
    const volume = join(folder, 'volume')
    mkdirSync(volume)
    copyFileSync(database, join(volume, 'blk_1'))
    copyFileSync(database, join(volume, 'blk_2'))
    truncateSync(join(volume, 'blk_2'), 20_000)
    const again = await restoreNamespace({
      from: volume,
      toTransaction: undefined,
      dataFolder: join(folder, 'again'),
      clock: fixture.clock,
    })
    expect(again.transactionId).toBeGreaterThan(transactionId)
    expect(again.damaged).toEqual([join(volume, 'blk_2')])
    expect(await refusal(() => verifyNamespace({ backup: volume }))).toContain('DATABASE_CORRUPT')
  })

  it('passes over a block of which a page has gone bad, when there is another', async () => {
    await live('a')
    await backUp()
    await restore()
    const { database } = namespacePaths(join(folder, 'restored'))
    const volume = join(folder, 'volume')
    mkdirSync(volume)
    copyFileSync(database, join(volume, 'blk_1'))
    const bytes = readFileSync(database)
    // Beyond what a look at the state reads.
    bytes.fill(0xa5, bytes.length - 4096)
    writeFileSync(join(volume, 'blk_2'), bytes)
    const again = await restoreNamespace({
      from: volume,
      toTransaction: undefined,
      dataFolder: join(folder, 'again'),
      clock: fixture.clock,
    })
    expect(again.damaged).toEqual([join(volume, 'blk_2')])
    expect(again.base).toBe(join(volume, 'blk_1'))
  })

  it('passes over the folder of a backup that was being written when its machine went down', async () => {
    await live('a')
    const path = await backUp()
    const { transactionId } = await restore()
    const partial = partialName(join(folder, 'backups', backupName(transactionId + 1)))
    mkdirSync(partial)
    copyFileSync(join(path, BACKUP_DATABASE), join(partial, BACKUP_DATABASE))
    writeFileSync(join(partial, BACKUP_MANIFEST), '{"format":')
    expect(verifyNamespace({ backup: join(folder, 'backups') })).toMatchObject({ isSame: true })
  })

  it('refuses what it cannot do, and changes nothing', async () => {
    await live('a')
    expect(await refusal(restore())).toContain('NOT_FOUND: there is no folder')
    mkdirSync(join(folder, 'backups'))
    expect(await refusal(restore())).toContain('NOT_FOUND: no backup')
    const path = await backUp()
    const last = fixture.namespace.lastTransactionId()
    expect(await refusal(restore(last + 1))).toContain(`not to ${last + 1}`)
    mkdirSync(join(folder, 'full', 'x'), { recursive: true })
    expect(await refusal(restore(last, 'full'))).toContain('ALREADY_EXISTS')
    flipBit(join(path, BACKUP_DATABASE), 5000)
    expect(await refusal(restore(last))).toContain('DATABASE_CORRUPT')
  })
})

/** Has somebody change a backup's database so that its manifest knows. */
async function rewrite(path: string, sql: string): Promise<void> {
  const database = new Database(join(path, BACKUP_DATABASE))
  database.exec(sql)
  database.close()
  const manifest = JSON.parse(readFileSync(join(path, BACKUP_MANIFEST), 'utf8'))
  const sha256 = await sha256OfFile(join(path, BACKUP_DATABASE))
  writeFileSync(join(path, BACKUP_MANIFEST), JSON.stringify({ ...manifest, sha256 }))
}

describe('a restore from a log that is not whole', () => {
  let log: string
  let wanted: number
  beforeEach(async () => {
    await live('a')
    await backUp()
    await writeFile(fixture.namespace, '/wanted', [3])
    wanted = fixture.namespace.lastTransactionId()
    await writeFile(fixture.namespace, '/later', [3])
    log = await backUp()
  })

  it('refuses a log that begins behind the wanted transaction', async () => {
    await rewrite(log, `DELETE FROM edit WHERE id <= ${wanted}`)
    expect(await refusal(restore(wanted))).toContain('is not in the log of edits')
  })

  it('refuses a damaged log', async () => {
    flipBit(join(log, BACKUP_DATABASE), 5000)
    expect(await refusal(restore(wanted))).toContain(`DATABASE_CORRUPT: ${log}`)
  })

  it('leaves nothing behind that a namenode would serve', async () => {
    await rewrite(log, `DELETE FROM edit WHERE id = ${wanted}`)
    expect(await refusal(restore(wanted + 1))).toContain('is not in the log of edits')
    expect(readdirSync(join(folder, 'restored'))).toEqual([])
  })
})

describe('a verification', () => {
  it('shows the first row that is not what the edits make', async () => {
    await live('a')
    const path = await backUp()
    const database = new Database(join(path, BACKUP_DATABASE))
    database.exec("UPDATE inode SET length = length + 1 WHERE name = 'g'")
    database.close()
    const found = verifyNamespace({ backup: path })
    expect(found.isSame).toBe(false)
    const different = found.tables.filter((it) => !it.isSame)
    expect(different.map((it) => it.table)).toEqual(['inode'])
    expect(different[0]?.difference?.live).toContain('"name":"g"')
    expect(different[0]?.difference?.live).not.toBe(different[0]?.difference?.replayed)
  })

  it('counts anew what only snapshots show', async () => {
    await live('a')
    const path = await backUp()
    expect(verifyNamespace({ backup: path }).isSame).toBe(true)
    const database = new Database(join(path, BACKUP_DATABASE))
    database.exec('UPDATE past_total SET space = space + 1 WHERE inode = 16385')
    database.close()
    const different = verifyNamespace({ backup: path }).tables.filter((it) => !it.isSame)
    expect(different.map((it) => it.table)).toEqual(['past_total', 'past (counted anew)'])
  })

  it('starts from an older backup when the log has been cut', async () => {
    await live('a')
    const first = await backUp()
    await live('b')
    const path = await backUp()
    const database = new Database(join(path, BACKUP_DATABASE))
    database.exec('DELETE FROM edit WHERE id <= 5')
    database.close()
    expect(await refusal(() => verifyNamespace({ backup: path }))).toContain(
      'NOT_FOUND: the log of',
    )
    const found = verifyNamespace({ backup: path, base: join(folder, 'backups') })
    expect(found).toMatchObject({ isSame: true })
    expect(found.fromTransaction).toBeGreaterThan(5)
    const cut = new Database(join(path, BACKUP_DATABASE))
    cut.exec(`DELETE FROM edit WHERE id = ${found.fromTransaction + 2}`)
    cut.close()
    expect(await refusal(() => verifyNamespace({ backup: path, base: first }))).toContain(
      `DATABASE_CORRUPT: transaction ${found.fromTransaction + 2} is not in the log`,
    )
  })
})
