/** Deletions and their undoing beside a model: a map of paths, and a list of what was taken out of it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toDfsError } from '../../../../shared/errors.js'
import { type Fixture, openFixture, ROOT, writeFile } from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

const KEEP_MS = 10_000

/** Lengths of files by path; null for directories. */
type Tree = Map<string, number | null>
interface Kept {
  readonly path: string
  readonly untilMs: number
  /** By the rest of the path below the top; the top itself is ''. */
  readonly content: Tree
}

const path = fc.constantFrom('/a', '/b', '/a/x', '/a/y', '/b/x', '/a/x/z')
const action = fc.oneof(
  fc.record({ kind: fc.constant('mkdirs' as const), path }),
  fc.record({ kind: fc.constant('write' as const), path, length: fc.nat(900) }),
  fc.record({ kind: fc.constant('delete' as const), path }),
  fc.record({ kind: fc.constant('rename' as const), path, to: path }),
  fc.record({
    kind: fc.constant('undo' as const),
    path,
    // Mostly something that was deleted: a path alone seldom is.
    choice: fc.option(fc.nat(5), { freq: 8 }),
    to: fc.option(path, { freq: 2 }),
    overwrite: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1000, max: 6000 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

it('undoing brings back what the model says, or refuses and changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const fixture = await openFixture({ keepDeletedMs: KEEP_MS })
      try {
        const tree: Tree = new Map([['/', null]])
        const kept: Kept[] = []
        for (const it of actions) {
          await step(fixture, tree, kept, it)
          expect(readTree(fixture)).toEqual(sorted(tree))
          const { entries } = fixture.namespace.deletions(ROOT, { path: '/', limit: 100 })
          expect(entries.map((entry) => entry.path)).toEqual(kept.map((one) => one.path).toSorted())
        }
        await fixture.namespace.close()
        checkStore(fixture.folder)
        await fixture.reopen()
      } finally {
        await fixture.dispose()
      }
    }),
    { numRuns: 25 },
  )
}, 60_000)

/** Does it to both, and expects the namespace to refuse exactly what the model cannot do. */
async function step(fixture: Fixture, tree: Tree, kept: Kept[], it: Action): Promise<void> {
  const { namespace, clock } = fixture
  const untilMs = clock.nowMs + KEEP_MS
  switch (it.kind) {
    case 'restart':
      return fixture.reopen()
    case 'pass':
      clock.nowMs += it.ms
      await namespace.giveUpDeletions({ limit: 100, spaceBytes: 0 })
      await namespace.purgeDeletedTrees(3)
      kept.splice(0, kept.length, ...kept.filter((one) => one.untilMs > clock.nowMs))
      return
    case 'mkdirs':
      if (await refused(namespace.mkdirs(ROOT, { ...it, permission: 0o755, createParent: true }))) {
        return
      }
      for (const above of withParents(it.path)) tree.set(above, null)
      return
    case 'write': {
      const writing = writeFile(namespace, it.path, [it.length], ROOT, { overwrite: true })
      if (await refused(writing)) return
      take(tree, kept, it.path, untilMs)
      for (const above of withParents(it.path)) tree.set(above, null)
      tree.set(it.path, it.length)
      return
    }
    case 'delete':
      if (await refused(namespace.delete(ROOT, { path: it.path, recursive: true }))) return
      take(tree, kept, it.path, untilMs)
      return
    case 'rename': {
      const change = { from: it.path, to: it.to, overwrite: true }
      if (await refused(namespace.renameStrictly(ROOT, change))) return
      take(tree, kept, it.to, untilMs)
      const moved = cut(tree, it.path)
      put(tree, it.to, moved ?? new Map())
      return
    }
    case 'undo': {
      const chosen = it.choice === null ? undefined : kept[it.choice % Math.max(1, kept.length)]
      const path = chosen?.path ?? it.path
      const to = it.to ?? path
      const found = kept.findLastIndex((one) => one.path === path)
      const one = kept[found]
      const isRefused = await refused(
        namespace.undelete(ROOT, { path, to, overwrite: it.overwrite }),
      )
      const top = one?.content.get('')
      const there = tree.get(to)
      const isEmpty = ![...tree.keys()].some((key) => key.startsWith(`${to}/`))
      const mayReplace =
        there === undefined || (it.overwrite && isEmpty && (there === null) === (top === null))
      const hasParent = tree.get(to.slice(0, to.lastIndexOf('/')) || '/') === null
      expect(isRefused).toBe(!(one !== undefined && mayReplace && hasParent))
      if (isRefused || one === undefined) return
      kept.splice(found, 1)
      take(tree, kept, to, untilMs)
      put(tree, to, one.content)
      return
    }
  }
}

async function refused(change: Promise<unknown>): Promise<boolean> {
  try {
    await change
    return false
  } catch (error) {
    // A bug would have another code.
    expect(toDfsError(error).code).not.toMatch(/INTERNAL|DATABASE_CORRUPT/)
    return true
  }
}

function take(tree: Tree, kept: Kept[], top: string, untilMs: number): void {
  const content = cut(tree, top)
  if (content !== undefined) kept.push({ path: top, untilMs, content })
}

function cut(tree: Tree, top: string): Tree | undefined {
  if (!tree.has(top)) return undefined
  const content: Tree = new Map()
  for (const [key, value] of [...tree]) {
    if (key !== top && !key.startsWith(`${top}/`)) continue
    content.set(key.slice(top.length), value)
    tree.delete(key)
  }
  return content
}

function put(tree: Tree, top: string, content: Tree): void {
  for (const [rest, value] of content) tree.set(`${top}${rest}`, value)
}

const withParents = (of: string): string[] => {
  const names = of.slice(1).split('/')
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`)
}

const sorted = (tree: Tree) => [...tree].toSorted(([left], [right]) => (left < right ? -1 : 1))

function readTree({ namespace }: Fixture): [string, number | null][] {
  const found: Tree = new Map([['/', null]])
  const waiting = ['/']
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of namespace.list(ROOT, next, '', 100)?.entries ?? []) {
      const at = next === '/' ? `/${entry.name}` : `${next}/${entry.name}`
      found.set(at, entry.kind === 'file' ? entry.lengthBytes : null)
      if (entry.kind === 'directory') waiting.push(at)
    }
  }
  return sorted(found)
}
