/** Checks of a store from outside: what must hold after any sequence of changes, computed the slow and obvious way. */
import { expect } from 'vitest'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import { type Database, openReadingConnection } from '../../../../namenode/storage/database.js'
import { isPastSettled, pastDifferences } from '../../../../namenode/storage/past-check.js'
import { differencesFromReplay } from '../../../support/replayed-store.js'
import { checkPolicyTotals } from './policy-total-checks.js'

interface InodeRow {
  id: number
  parent: number
  name: string
  kind: number
  is_open: number
  replication: number
  length: number
  reserved: number
  block_size: number
  children: number
  tree_files: number
  tree_directories: number
  tree_length: number
  tree_space: number
}

/** All invariants of the store in a folder, and that its edits make the same store again. */
export function checkStore(folder: string): void {
  const database = openReadingConnection(namespacePaths(folder).database)
  try {
    checkDatabase(database)
  } finally {
    database.close()
  }
}

/** As `checkStore`, on an open connection. */
export function checkDatabase(database: Database): void {
  checkInvariants(database)
  expect(differencesFromReplay(database), 'what the edits make').toEqual([])
}

function checkInvariants(database: Database): void {
  const all = <T>(sql: string) => database.prepare<[], T>(sql).all()
  const inodes = all<InodeRow>('SELECT * FROM inode')
  const retained = all<{ inode: number }>('SELECT DISTINCT inode FROM block WHERE position < 0')
  const kept = keptFiles(
    inodes,
    retained.map((it) => it.inode),
    database,
  )
  const byParent = groupBy(inodes, (inode) => inode.parent)
  const tops = all<{ id: number }>(
    'SELECT id FROM detached UNION ALL SELECT inode AS id FROM deletion',
  ).map((it) => it.id)
  expect(
    byParent
      .get(0)
      ?.map((it) => it.id)
      .toSorted(),
    'only the root and deleted trees have no parent',
  ).toEqual([16385, ...tops, ...kept].toSorted())
  const entries = all<{ parent: number; name: string; id: number }>('SELECT * FROM entry')
  const named = inodes.filter((it) => it.parent !== 0)
  const key = (it: { parent: number; name: string; id: number }) =>
    `${it.parent}/${it.name}=${it.id}`
  expect(entries.map(key).toSorted(), 'names and inodes say the same').toEqual(
    named.map(key).toSorted(),
  )
  const root = inodes.find((it) => it.id === 16385)
  if (root === undefined) throw new Error('no root')
  recount(root, byParent)
  const blocks = all<{ inode: number; position: number; length: number; state: number }>(
    'SELECT inode, position, length, state FROM block WHERE position >= 0 ORDER BY inode, position',
  )
  const byInode = groupBy(blocks, (block) => block.inode)
  for (const inode of inodes.filter((it) => it.kind === 1)) {
    const own = byInode.get(inode.id) ?? []
    byInode.delete(inode.id)
    expect(
      own.map((it) => it.position),
      'positions have no gap',
    ).toEqual(own.map((_, index) => index))
    const isDetached = !isBelow(inode, root.id, inodes)
    if (!isDetached) {
      expect(inode.length, 'a file is as long as its blocks').toBe(sum(own.map((it) => it.length)))
    }
    const beingWritten = own.filter((it) => it.state === 0)
    if (inode.is_open === 0)
      expect(beingWritten, 'a closed file has only committed blocks').toEqual([])
    else
      expect(
        beingWritten.every((it) => it === own.at(-1)),
        'only the last block is written',
      ).toBe(true)
  }
  expect([...byInode.keys()], 'every block has a file').toEqual([])
  for (const table of ['xattr', 'quota']) {
    const orphans = all(`SELECT inode FROM ${table} WHERE inode NOT IN (SELECT id FROM inode)`)
    expect(orphans, `every row of ${table} has an inode`).toEqual([])
  }
  const leases = all<{ inode: number }>('SELECT inode FROM lease').map((it) => it.inode)
  const open = inodes.filter((it) => it.is_open === 1).map((it) => it.id)
  expect(leases.toSorted(), 'a lease for each open file').toEqual(open.toSorted())
  checkDeletions(database, byParent)
  checkPolicyTotals(database)
  if (isPastSettled(database)) {
    expect(pastDifferences(database), 'what only snapshots show').toEqual([])
  }
  const state = all<{ blocks: number; next_inode: number; last_transaction: number }>(
    'SELECT * FROM state',
  )[0]
  expect(state?.blocks).toBe(all<{ id: number }>('SELECT id FROM block').length)
  expect(state?.next_inode).toBeGreaterThan(Math.max(...inodes.map((it) => it.id)))
  expect(state?.last_transaction).toBe(all<{ id: number }>('SELECT max(id) AS id FROM edit')[0]?.id)
}

/** Totals of what can be brought back: of each tree, and of all. */
function checkDeletions(database: Database, byParent: ReadonlyMap<number, InodeRow[]>) {
  const kept = database
    .prepare<[], { inode: number; files: number; length: number; space: number }>(
      'SELECT inode, files, length, space FROM deletion',
    )
    .all()
  for (const { inode, ...counted } of kept) {
    const top = byParent.get(0)?.find((it) => it.id === inode)
    if (top === undefined) throw new Error(`deletion of ${inode} has no inode`)
    const { length, reserved, replication } = top
    const ofFile = { files: 1, length, space: (length + reserved) * replication }
    const { directories: _, ...found } =
      top.kind === 1 ? { ...ofFile, directories: 0 } : recount(top, byParent)
    expect(counted, 'what a kept tree holds').toEqual(found)
  }
  const total = database.prepare('SELECT deletions, files, length, space FROM deletion_total').get()
  expect(total, 'sums of what is kept').toEqual({
    deletions: kept.length,
    files: sum(kept.map((it) => it.files)),
    length: sum(kept.map((it) => it.length)),
    space: sum(kept.map((it) => it.space)),
  })
}

/** Files that are deleted but for the blocks that snapshots show; also checks that each such block is shown. */
function keptFiles(inodes: readonly InodeRow[], retained: readonly number[], database: Database) {
  const unshown = database
    .prepare('SELECT id FROM block WHERE position < 0 AND id NOT IN (SELECT id FROM block_version)')
    .all()
  expect(unshown, 'a block without a place is shown by a snapshot').toEqual([])
  const isThere = new Set(inodes.map((it) => it.id))
  expect(
    retained.filter((it) => !isThere.has(it)),
    'every retained block has a file',
  ).toEqual([])
  const detached = new Set(
    database
      .prepare<[], { id: number }>('SELECT id FROM detached UNION ALL SELECT inode FROM deletion')
      .all()
      .map((it) => it.id),
  )
  return inodes
    .filter((it) => it.parent === 0 && it.kind === 1 && !detached.has(it.id))
    .filter((it) => retained.includes(it.id))
    .map((it) => it.id)
}

/** Counts a directory's tree and compares what it says of itself, all the way down. */
function recount(directory: InodeRow, byParent: ReadonlyMap<number, InodeRow[]>) {
  const totals = { files: 0, directories: 0, length: 0, space: 0 }
  const children = byParent.get(directory.id) ?? []
  for (const child of children) {
    if (child.kind === 1) {
      totals.files += 1
      totals.length += child.length
      totals.space += (child.length + child.reserved) * child.replication
      continue
    }
    const below = recount(child, byParent)
    totals.files += below.files
    totals.directories += below.directories + 1
    totals.length += below.length
    totals.space += below.space
  }
  expect(
    {
      files: directory.tree_files,
      directories: directory.tree_directories,
      length: directory.tree_length,
      space: directory.tree_space,
      children: directory.children,
    },
    `totals of ${directory.name}`,
  ).toEqual({ ...totals, children: children.length })
  return totals
}

function isBelow(inode: InodeRow, top: number, inodes: readonly InodeRow[]): boolean {
  let current: InodeRow | undefined = inode
  while (current !== undefined && current.id !== top) {
    const { parent }: InodeRow = current
    current = inodes.find((it) => it.id === parent)
  }
  return current !== undefined
}

const sum = (numbers: readonly number[]) => numbers.reduce((left, right) => left + right, 0)

function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
