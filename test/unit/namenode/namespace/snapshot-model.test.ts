/**
 * Random changes and snapshots against a model that copies the whole tree for each snapshot. What a snapshot shows must
 * stay what was there; the differences of two states must be those of the copies; and when all snapshots are gone,
 * nothing that only they showed may be left.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import { namespacePaths } from '../../../../namenode/service/namespace/namespace-folder.js'
import { openReadingConnection } from '../../../../namenode/storage/database.js'
import { DfsError } from '../../../../shared/errors.js'
import {
  appendBytes,
  type Fixture,
  openFixture,
  ROOT,
  truncateFile,
  writeFile,
} from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

const name = fc.constantFrom('a', 'b')
const inside = fc.array(name, { minLength: 1, maxLength: 3 }).map((it) => `/d/${it.join('/')}`)
const other = fc.array(name, { minLength: 1, maxLength: 2 }).map((it) => `/e/${it.join('/')}`)
const outside = fc.array(name, { minLength: 1, maxLength: 2 }).map((it) => `/o/${it.join('/')}`)
const path = fc.oneof(
  { weight: 5, arbitrary: inside },
  { weight: 2, arbitrary: other },
  { weight: 1, arbitrary: outside },
)
const root = fc.constantFrom('/d', '/e')
const snapshotName = fc.constantFrom('s1', 's2', 's3')
const step = fc.oneof(
  fc.record({ kind: fc.constant('mkdirs' as const), path }),
  fc.record({
    kind: fc.constant('write' as const),
    path,
    lengths: fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('append' as const),
    path,
    length: fc.integer({ min: 1, max: 99 }),
  }),
  fc.record({ kind: fc.constant('truncate' as const), path, length: fc.constantFrom(0, 300, 700) }),
  fc.record({ kind: fc.constant('concat' as const), path, from: path }),
  fc.record({ kind: fc.constant('delete' as const), path }),
  fc.record({ kind: fc.constant('rename' as const), path, to: path }),
  fc.record({ kind: fc.constant('replace' as const), path, to: path }),
  fc.record({ kind: fc.constant('chmod' as const), path, mode: fc.constantFrom(0o700, 0o777) }),
  fc.record({ kind: fc.constant('xattr' as const), path, value: fc.constantFrom('x', 'y') }),
  fc.record({ kind: fc.constant('snapshot' as const), root, name: snapshotName }),
  fc.record({ kind: fc.constant('snapshot' as const), root, name: snapshotName }),
  fc.record({ kind: fc.constant('forget' as const), root, name: snapshotName }),
  fc.record({ kind: fc.constant('purge' as const), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What a tree shows, by path below its top; ids tell what was renamed. */
type Seen = Map<string, string>
interface Copy {
  readonly tree: Seen
  readonly ids: Map<string, number>
  readonly kinds: Map<string, string>
  readonly summary: unknown
}

describe('snapshots', () => {
  it('show what was there, whatever happens afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
        const fixture = await openFixture()
        try {
          await prepare(fixture)
          const copies = new Map<string, Copy>()
          await act(fixture, { kind: 'snapshot', root: '/d', name: 's1' }, copies)
          for (const it of steps) await act(fixture, it, copies)
          for (const [where, copy] of copies) {
            expect(copyOf(fixture.namespace, where), where).toEqual(copy)
          }
          checkDifferences(fixture.namespace, copies)
          while (await fixture.namespace.freeSnapshots(3));
          checkStore(fixture.folder)
          await forgetAll(fixture, copies)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: Number(process.env['DFS_SNAPSHOT_RUNS'] ?? 60) },
    )
  }, 120_000)
})

async function prepare({ namespace }: Fixture): Promise<void> {
  for (const it of ['/d', '/e', '/o']) {
    await namespace.mkdirs(ROOT, { path: it, permission: 0o755, createParent: true })
  }
  for (const it of ['/d/a/a', '/d/a/b/a', '/d/b/a/b', '/d/b/b', '/e/a/b', '/e/b', '/o/b/a']) {
    await writeFile(namespace, it, [700])
  }
  await namespace.allowSnapshot(ROOT, { path: '/d' })
  await namespace.allowSnapshot(ROOT, { path: '/e' })
}

async function act(fixture: Fixture, it: Step, copies: Map<string, Copy>): Promise<void> {
  try {
    await change(fixture, it, copies)
  } catch (error) {
    if (!(error instanceof DfsError)) throw error
  }
}

async function change(fixture: Fixture, it: Step, copies: Map<string, Copy>): Promise<void> {
  const { namespace } = fixture
  switch (it.kind) {
    case 'mkdirs':
      await namespace.mkdirs(ROOT, { path: it.path, permission: 0o755, createParent: true })
      return
    case 'write':
      await writeFile(namespace, it.path, it.lengths)
      return
    case 'append':
      await appendBytes(namespace, it.path, it.length)
      return
    case 'truncate':
      await truncateFile(namespace, it.path, it.length)
      return
    case 'concat':
      await namespace.concat(ROOT, { target: it.path, sources: [it.from] })
      return
    case 'delete':
      await namespace.delete(ROOT, { path: it.path, recursive: true })
      return
    case 'rename':
      await namespace.rename(ROOT, { from: it.path, to: it.to })
      return
    case 'replace':
      await namespace.renameStrictly(ROOT, { from: it.path, to: it.to, overwrite: true })
      return
    case 'chmod':
      await namespace.setPermission(ROOT, { path: it.path, permission: it.mode })
      return
    case 'xattr':
      await namespace.setXAttr(ROOT, {
        path: it.path,
        xattr: { namespace: 'user', name: 'n', value: Buffer.from(it.value) },
        create: true,
        replace: true,
      })
      return
    case 'snapshot': {
      const where = await namespace.createSnapshot(ROOT, { path: it.root, name: it.name })
      copies.set(where, copyOf(namespace, it.root))
      return
    }
    case 'forget':
      await namespace.deleteSnapshot(ROOT, { path: it.root, name: it.name })
      copies.delete(`${it.root}/.snapshot/${it.name}`)
      return
    case 'purge':
      await namespace.purgeDeletedTrees(it.limit)
      await namespace.freeSnapshots(it.limit)
      return
    case 'restart':
      await fixture.reopen()
  }
}

/** All that can be read of a tree. */
function copyOf(namespace: StoredNamespace, top: string): Copy {
  const copy = { tree: new Map<string, string>(), ids: new Map(), kinds: new Map() }
  const waiting = ['']
  for (const directory of waiting) {
    let after = ''
    for (;;) {
      const page = namespace.list(ROOT, `${top}${directory}`, after, 2)
      for (const entry of page?.entries ?? []) {
        const below = `${directory}/${entry.name}`
        const { snapshot: _, isUnderConstruction: __, isSnapshottable: ___, ...status } = entry
        const isFile = entry.kind === 'file'
        const blocks = isFile
          ? namespace
              .fileBlocks(ROOT, `${top}${below}`, 0, 1_000_000)
              .blocks.map((block) => [block.id, block.lengthBytes, block.offsetBytes])
          : summaryOf(namespace, `${top}${below}`)
        // Reading sets the access time of what is read as it is now.
        const xattrs = namespace
          .xattrs(ROOT, `${top}${below}`, [])
          .map((xattr) => Buffer.from(xattr.value).toString())
        copy.tree.set(below, JSON.stringify({ ...status, accessTimeMs: 0, blocks, xattrs }))
        copy.ids.set(below, entry.id)
        copy.kinds.set(
          below,
          JSON.stringify([entry.kind, entry.permission, entry.lengthBytes, xattrs]),
        )
        if (!isFile) waiting.push(below)
        after = entry.name
      }
      if (page === undefined || page.remainingEntries === 0) break
    }
  }
  return { ...copy, summary: summaryOf(namespace, top) }
}

/** What is on which type of storage is known of now only. */
function summaryOf(namespace: StoredNamespace, path: string) {
  const { typeSpaceBytes: _, ...summary } = namespace.contentSummary(ROOT, path)
  return summary
}

/** Between any two snapshots of a directory, and from each to the current state and back. */
function checkDifferences(namespace: StoredNamespace, copies: Map<string, Copy>): void {
  for (const directory of ['/d', '/e']) {
    const states = new Map<string, Copy>([['', copyOf(namespace, directory)]])
    for (const [where, copy] of copies) {
      if (where.startsWith(`${directory}/`))
        states.set(where.slice(where.lastIndexOf('/') + 1), copy)
    }
    for (const [from, before] of states) {
      for (const [to, after] of states) {
        const report = namespace.snapshotDiff(ROOT, { path: directory, from, to })
        const taken = (it: string) =>
          it === ''
            ? Number.POSITIVE_INFINITY
            : (namespace.status(ROOT, `${directory}/.snapshot/${it}`)?.snapshot?.taken ?? 0)
        const isForward = taken(from) <= taken(to)
        const expected = isForward
          ? differences(before, after)
          : reversed(differences(after, before))
        const found = report.map((it) => [it.kind, it.path, it.target ?? ''].join(' '))
        expect(found.toSorted(), `${directory}: ${from} to ${to}`).toEqual(expected.toSorted())
        if (from !== to) checkPages(namespace, { path: directory, from, to }, report.length)
      }
    }
  }
}

/** Pages of any size hold what the whole holds; targets of renames come on top. */
function checkPages(
  namespace: StoredNamespace,
  question: { readonly path: string; readonly from: string; readonly to: string },
  reported: number,
): void {
  const whole = namespace.snapshotDiffPage(ROOT, { ...question, after: undefined, limit: 1000 })
  const renames = whole.differences.filter((it) => it.target !== undefined).length
  expect(whole.differences.length).toBeGreaterThanOrEqual(reported)
  expect(whole.differences.length).toBeLessThanOrEqual(reported + renames)
  const pieces = []
  let after: Parameters<StoredNamespace['snapshotDiffPage']>[1]['after']
  do {
    const page = namespace.snapshotDiffPage(ROOT, { ...question, after, limit: 2 })
    pieces.push(...page.differences)
    after = page.next
  } while (after !== undefined)
  expect(pieces).toEqual(whole.differences)
}

function differences(before: Copy, after: Copy): string[] {
  const found: string[] = []
  const pathsAfter = new Map([...after.ids].map(([path, id]) => [id, path]))
  const pathsBefore = new Map([...before.ids].map(([path, id]) => [id, path]))
  const modified = new Set<string>()
  const parent = (path: string) => path.slice(0, path.lastIndexOf('/'))
  /** Where a path of the later state was in the earlier one. */
  for (const [path, id] of after.ids) {
    const old = pathsBefore.get(id)
    if (isSamePlace(path, old)) continue
    const directory = directoryBefore(parent(path))
    // What came into a directory that was saved from something deleted is new with it.
    if (directory === undefined || !isReported(directory)) continue
    modified.add(directory)
    // What was saved from something deleted is new: nobody tells of where it was.
    if (old === undefined || !isReported(old))
      found.push(
        `created ${directory === '' ? '' : `${directory.slice(1)}/`}${path.slice(path.lastIndexOf('/') + 1)} `,
      )
  }
  for (const [path, id] of before.ids) {
    const now = pathsAfter.get(id)
    if (!isReported(path)) continue
    if (!isSamePlace(now, path)) {
      modified.add(parent(path))
      found.push(
        now === undefined
          ? `deleted ${path.slice(1)} `
          : `renamed ${path.slice(1)} ${now.slice(1)}`,
      )
    }
    if (now !== undefined && before.kinds.get(path) !== after.kinds.get(now)) modified.add(path)
  }
  for (const path of modified) found.push(`modified ${path.slice(1)} `)
  return found

  /** Same name in the same directory, though that may have moved. */
  function isSamePlace(now: string | undefined, then: string | undefined): boolean {
    if (now === undefined || then === undefined) return false
    const directory = parent(now)
    const wasIn = directory === '' ? '' : pathsBefore.get(after.ids.get(directory) ?? 0)
    return (
      wasIn === parent(then) &&
      now.slice(now.lastIndexOf('/')) === then.slice(then.lastIndexOf('/'))
    )
  }
  function directoryBefore(path: string): string | undefined {
    return path === '' ? '' : pathsBefore.get(after.ids.get(path) ?? 0)
  }
  /** Nothing is said of what was below something deleted, unless that was saved from it. */
  function isReported(path: string): boolean {
    for (let it = parent(path); it !== ''; it = parent(it)) {
      if (!pathsAfter.has(before.ids.get(it) ?? 0)) return false
    }
    return true
  }
}

function reversed(forward: readonly string[]): string[] {
  return forward.map((it) => {
    const [kind, path, target] = it.split(' ')
    if (kind === 'created') return `deleted ${path} `
    if (kind === 'deleted') return `created ${path} `
    return kind === 'renamed' ? `renamed ${target} ${path}` : it
  })
}

/** After the last snapshot nothing is kept for one. */
async function forgetAll(fixture: Fixture, copies: Map<string, Copy>): Promise<void> {
  const { namespace } = fixture
  for (const where of copies.keys()) {
    const [path = '', snapshot = ''] = where.split('/.snapshot/')
    await namespace.deleteSnapshot(ROOT, { path, name: snapshot })
  }
  while (await namespace.freeSnapshots(3));
  while (await namespace.purgeDeletedTrees(100));
  const database = openReadingConnection(namespacePaths(fixture.folder).database)
  try {
    for (const table of ['inode_version', 'block_version', 'trace', 'deleted_snapshot']) {
      expect(database.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([])
    }
    expect(database.prepare('SELECT id FROM block WHERE position < 0').all()).toEqual([])
  } finally {
    database.close()
  }
  checkStore(fixture.folder)
}
