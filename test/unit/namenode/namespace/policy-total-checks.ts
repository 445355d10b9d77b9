/** What directories know about the storage policies below them, against a walk from each file to the top. */
import { expect } from 'vitest'
import type { Database } from '../../../../namenode/storage/database.js'

interface InodeRow {
  id: number
  parent: number
  kind: number
  length: number
  reserved: number
  replication: number
  tree_reserved: number
  policy: number
}

interface Total {
  directory: number
  policy: number
  space: number
  first: number
}

/** Holds for the tree and for each tree that can be brought back, not for what is being taken apart. */
export function checkPolicyTotals(database: Database): void {
  const inodes = database.prepare<[], InodeRow>('SELECT * FROM inode').all()
  const byId = new Map(inodes.map((it) => [it.id, it]))
  const kept = database.prepare<[], number>('SELECT inode FROM deletion').pluck().all()
  const tops = new Set([16385, ...kept])
  const totals = new Map<string, Total>()
  const reserved = new Map<number, number>()
  for (const file of inodes.filter((it) => it.kind === 1)) {
    let { policy } = file
    const first = file.length + file.reserved
    for (const directory of above(file, byId, tops)) {
      reserved.set(directory.id, (reserved.get(directory.id) ?? 0) + file.reserved)
      const key = `${directory.id}/${policy}`
      const sum = totals.get(key) ?? { directory: directory.id, policy, space: 0, first: 0 }
      const space = sum.space + first * file.replication
      if (policy !== 0) totals.set(key, { ...sum, space, first: sum.first + first })
      if (policy === 0) policy = directory.policy
    }
  }
  const checked = inodes.filter((it) => it.kind === 0 && above(it, byId, tops).length > 0)
  for (const it of checked) {
    expect(it.tree_reserved, `reserved below ${it.id}`).toBe(reserved.get(it.id) ?? 0)
  }
  const ids = new Set(checked.map((it) => it.id))
  const rows = database.prepare<[], Total>('SELECT * FROM policy_total ORDER BY 1, 2').all()
  expect(
    rows.filter((it) => ids.has(it.directory)),
    'totals by policy',
  ).toEqual(
    [...totals.values()]
      .filter((it) => it.space > 0)
      .sort((left, right) => left.directory - right.directory || left.policy - right.policy),
  )
  expect(
    rows.filter((it) => !byId.has(it.directory)),
    'totals of directories that are gone',
  ).toEqual([])
}

/** From the nearest directory to the top; a directory's begin with itself. Empty for what is being taken apart. */
function above(
  inode: InodeRow,
  byId: ReadonlyMap<number, InodeRow>,
  tops: ReadonlySet<number>,
): InodeRow[] {
  const found: InodeRow[] = []
  let current: InodeRow | undefined = inode.kind === 0 ? inode : byId.get(inode.parent)
  while (current !== undefined) {
    found.push(current)
    if (tops.has(current.id)) return found
    current = byId.get(current.parent)
  }
  return []
}
