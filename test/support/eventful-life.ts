/**
 * Chapters of a file system's life, each of which leads through many steps of namenode and datanodes. Whatever dies and
 * comes back meanwhile, every call succeeds in the end and has the effect of one: the ledger says what must be there.
 */
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { content } from './content.js'
import { waitUntil } from './wait-until.js'

export const LIFE_BLOCK_BYTES = 65_536

/** What a life has been told. */
export class Ledger {
  readonly files = new Map<string, Buffer>()
  readonly absent = new Set<string>()

  wrote(path: string, bytes: Buffer): void {
    this.files.set(path, bytes)
    this.absent.delete(path)
  }

  deleted(path: string): void {
    for (const name of [...this.files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.files.delete(name)
    }
    this.absent.add(path)
  }

  renamed(from: string, to: string): void {
    for (const [name, bytes] of [...this.files]) {
      if (!name.startsWith(from)) continue
      this.files.delete(name)
      this.wrote(to + name.slice(from.length), bytes)
    }
    this.absent.add(from)
  }
}

export interface Life {
  readonly client: DfsClient
  readonly ledger: Ledger
  /** A folder of its own. */
  readonly root: string
  /** Turns a bit of the replica that the watched datanode has of a file, and tells the namenode as a reader does. */
  readonly rot: (path: string) => Promise<void>
}

export type Chapter = (life: Life) => Promise<void>

async function write({ client, ledger }: Life, path: string, seed: number, lengthBytes: number) {
  const bytes = content(seed, lengthBytes)
  const file = await client.create(path, { overwrite: true, blockSizeBytes: LIFE_BLOCK_BYTES })
  const middle = Math.floor(lengthBytes / 2)
  await file.write(bytes.subarray(0, middle))
  await file.hsync()
  await file.write(bytes.subarray(middle))
  await file.close()
  ledger.wrote(path, bytes)
}

async function writing(life: Life): Promise<void> {
  const { client, root } = life
  await client.mkdir(`${root}/deep/er`)
  await write(life, `${root}/deep/one`, 1, 150_001)
  await write(life, `${root}/deep/one`, 2, 150_002)
}

async function resuming(life: Life): Promise<void> {
  const { client, ledger, root } = life
  const path = `${root}/grown`
  await write(life, path, 3, 100_003)
  const added = content(4, 50_000)
  const file = await client.append(path)
  await file.write(added)
  await file.close()
  const whole = Buffer.concat([content(3, 100_003), added])
  ledger.wrote(path, whole)
  await client.truncate(path, 90_001, { wait: true })
  ledger.wrote(path, whole.subarray(0, 90_001))
}

async function abandoning(life: Life): Promise<void> {
  const { client, ledger, root } = life
  const path = `${root}/abandoned`
  const bytes = content(5, 80_000)
  const file = await client.create(path, { blockSizeBytes: LIFE_BLOCK_BYTES })
  await file.write(bytes)
  await file.hsync()
  await file.abort()
  await client.recoverLease(path)
  await waitUntil(() => client.isClosed(path), { what: `${path} to be closed`, timeoutMs: 40_000 })
  ledger.wrote(path, bytes)
}

async function deleting(life: Life): Promise<void> {
  const { client, ledger, root } = life
  await write(life, `${root}/old/a`, 6, 70_000)
  await client.delete(`${root}/old`, { recursive: true })
  ledger.deleted(`${root}/old`)
}

async function rotting(life: Life): Promise<void> {
  const path = `${life.root}/rotten`
  await write(life, path, 7, 40_000)
  await life.rot(path)
}

async function renaming(life: Life): Promise<void> {
  const { client, ledger, root } = life
  await write(life, `${root}/from/a`, 8, 10_000)
  await client.rename(`${root}/from`, `${root}/to`)
  ledger.renamed(`${root}/from`, `${root}/to`)
  await write(life, `${root}/to/b`, 9, 500)
  await client.renameStrictly(`${root}/to/b`, `${root}/to/a`, { overwrite: true })
  ledger.renamed(`${root}/to/b`, `${root}/to/a`)
}

async function joining(life: Life): Promise<void> {
  const { client, ledger, root } = life
  await write(life, `${root}/x`, 10, LIFE_BLOCK_BYTES)
  await write(life, `${root}/y`, 11, 3_000)
  await client.concat(`${root}/x`, [`${root}/y`])
  ledger.renamed(`${root}/y`, `${root}/x`)
  ledger.wrote(`${root}/x`, Buffer.concat([content(10, LIFE_BLOCK_BYTES), content(11, 3_000)]))
}

async function describing(life: Life): Promise<void> {
  const { client, root } = life
  await write(life, `${root}/little`, 13, 10)
  const path = `${root}/described`
  await client.mkdir(path)
  await client.chmod(path, 0o751)
  await client.chown(path, { group: 'crash' })
  await client.setTimes(path, { modificationTimeMs: 1_700_000_000_000 })
  await client.attributes.modifyAcl(path, [
    { scope: 'access', type: 'user', name: 'guest', permission: 5 },
  ])
  const mood = { namespace: 'user', name: 'mood' } as const
  await client.attributes.setXAttr(path, { ...mood, value: Buffer.from('calm') })
  await client.attributes.removeXAttr(path, mood)
  await client.attributes.setQuota(path, { names: 10 })
  await client.setReplication(`${root}/little`, 2)
  await client.snapshots.allow(path)
  await client.snapshots.disallow(path)
}

/** Enough small transactions for the write-ahead log to be moved into the database. */
async function filling({ client, root }: Life): Promise<void> {
  for (let batch = 0; batch < 60; batch += 1) {
    const names = Array.from({ length: 40 }, (_, index) => `${root}/fill/${batch}-${index}`)
    await Promise.all(names.map((name) => client.mkdir(name)))
  }
}

async function snapping(life: Life): Promise<void> {
  const { client, ledger, root } = life
  await write(life, `${root}/shown/a`, 12, 90_000)
  await client.snapshots.allow(`${root}/shown`)
  await client.snapshots.create(`${root}/shown`, 'first')
  await client.snapshots.rename(`${root}/shown`, 'first', 'kept')
  // The end that the snapshot shows stays: the rest is copied into a new block.
  await client.truncate(`${root}/shown/a`, 80_001, { wait: true })
  ledger.wrote(`${root}/shown/a`, content(12, 90_000).subarray(0, 80_001))
  ledger.wrote(`${root}/shown/.snapshot/kept/a`, content(12, 90_000))
  await client.snapshots.create(`${root}/shown`, 'brief')
  await client.snapshots.delete(`${root}/shown`, 'brief')
}

export const CHAPTERS = {
  writing,
  resuming,
  abandoning,
  deleting,
  rotting,
  renaming,
  joining,
  describing,
  snapping,
  filling,
} satisfies Readonly<Record<string, Chapter>>

export type ChapterName = keyof typeof CHAPTERS
