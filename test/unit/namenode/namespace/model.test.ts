/**
 * Random changes against a model of thirty lines. The model knows what HDFS promises about trees; the store must agree
 * on every answer, on the tree that results, on all totals, and its edits must make the same store again.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import { DfsError } from '../../../../shared/errors.js'
import { createArguments, type Fixture, openFixture, ROOT, writeFile } from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

/** Path to length of a closed file, `open`, or `directory`. The root is not listed. */
type Model = Map<string, number | 'open' | 'directory'>

const name = fc.constantFrom('a', 'b', 'c')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
const lengths = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 3 })
const step = fc.oneof(
  fc.record({ kind: fc.constant('mkdirs' as const), path }),
  fc.record({ kind: fc.constant('write' as const), path, lengths }),
  fc.record({ kind: fc.constant('open' as const), path, overwrite: fc.boolean() }),
  fc.record({ kind: fc.constant('delete' as const), path, recursive: fc.boolean() }),
  fc.record({ kind: fc.constant('rename' as const), path, to: path }),
  fc.record({
    kind: fc.constant('renameStrictly' as const),
    path,
    to: path,
    overwrite: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('setReplication' as const),
    path,
    replication: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    kind: fc.constant('setStoragePolicy' as const),
    path,
    policy: fc.constantFrom(undefined, 'COLD', 'ONE_SSD'),
  }),
  fc.record({ kind: fc.constant('purge' as const), limit: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

describe('the namespace', () => {
  it('agrees with its model after any changes one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const fixture = await openFixture()
        try {
          const model: Model = new Map()
          for (const it of steps) {
            expect(await act(fixture, it), JSON.stringify(it)).toEqual(predict(model, it))
          }
          expect(await treeOf(fixture.namespace)).toEqual(new Map([...model].toSorted()))
          checkStore(fixture.folder)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  it('keeps every invariant when changes arrive together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const fixture = await openFixture()
        try {
          const together = steps.filter((it) => it.kind !== 'restart')
          await Promise.all(together.map((it) => act(fixture, it)))
          checkStore(fixture.folder)
        } finally {
          await fixture.dispose()
        }
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

/** The answer, or `refused`. */
async function act(fixture: Fixture, it: Step): Promise<unknown> {
  const { namespace } = fixture
  try {
    switch (it.kind) {
      case 'mkdirs':
        return await namespace.mkdirs(ROOT, {
          path: it.path,
          permission: 0o755,
          createParent: true,
        })
      case 'write':
        return (await writeFile(namespace, it.path, it.lengths)).lengthBytes
      case 'open':
        await namespace.create(ROOT, createArguments(it.path, { overwrite: it.overwrite }))
        return 'open'
      case 'delete':
        return await namespace.delete(ROOT, { path: it.path, recursive: it.recursive })
      case 'rename':
        return await namespace.rename(ROOT, { from: it.path, to: it.to })
      case 'renameStrictly':
        await namespace.renameStrictly(ROOT, { from: it.path, to: it.to, overwrite: it.overwrite })
        return true
      case 'setReplication':
        return await namespace.setReplication(ROOT, { path: it.path, replication: it.replication })
      case 'setStoragePolicy':
        await namespace.setStoragePolicy(ROOT, { path: it.path, policy: it.policy })
        return true
      case 'purge':
        await namespace.purgeDeletedTrees(it.limit)
        return undefined
      case 'restart':
        await fixture.reopen()
        return undefined
    }
  } catch (error) {
    if (error instanceof DfsError) return 'refused'
    throw error
  }
}

function predict(model: Model, it: Step): unknown {
  switch (it.kind) {
    case 'mkdirs':
      if (isFile(model.get(it.path)) || hasFileAbove(model, it.path)) return 'refused'
      for (const above of [...ancestors(it.path), it.path]) model.set(above, 'directory')
      return true
    case 'write':
    case 'open': {
      const existing = model.get(it.path)
      const mayReplace = it.kind === 'open' && it.overwrite
      const isTaken = existing === 'directory' || (existing !== undefined && !mayReplace)
      if (isTaken || hasFileAbove(model, it.path)) return 'refused'
      for (const above of ancestors(it.path)) model.set(above, 'directory')
      const value =
        it.kind === 'open' ? 'open' : it.lengths.reduce((sum, length) => sum + length, 0)
      model.set(it.path, value)
      return value
    }
    case 'delete': {
      if (hasFileAbove(model, it.path)) return 'refused'
      if (!model.has(it.path)) return false
      if (below(model, it.path).length > 0 && !it.recursive) return 'refused'
      remove(model, it.path)
      return true
    }
    case 'rename':
      return predictRename(model, it.path, it.to)
    case 'renameStrictly':
      return predictStrictRename(model, it.path, it.to, it.overwrite)
    case 'setReplication':
      if (hasFileAbove(model, it.path)) return 'refused'
      return isFile(model.get(it.path))
    case 'setStoragePolicy':
      return model.has(it.path) ? true : 'refused'
    default:
      return undefined
  }
}

function predictRename(model: Model, from: string, wanted: string): unknown {
  if (hasFileAbove(model, from) || hasFileAbove(model, wanted)) return 'refused'
  const base = from.slice(from.lastIndexOf('/'))
  const to = model.get(wanted) === 'directory' ? wanted + base : wanted
  if (!model.has(from)) return false
  if (to === from) return true
  if (to.startsWith(`${from}/`) || model.has(to) || !hasParent(model, to)) return false
  move(model, from, to)
  return true
}

function predictStrictRename(model: Model, from: string, to: string, overwrite: boolean): unknown {
  const source = model.get(from)
  const target = model.get(to)
  const isWrong =
    hasFileAbove(model, from) ||
    hasFileAbove(model, to) ||
    source === undefined ||
    to === from ||
    to.startsWith(`${from}/`) ||
    !hasParent(model, to) ||
    (target !== undefined &&
      (!overwrite || isFile(source) !== isFile(target) || below(model, to).length > 0))
  if (isWrong) return 'refused'
  model.delete(to)
  move(model, from, to)
  return true
}

function move(model: Model, from: string, to: string): void {
  for (const old of [from, ...below(model, from)]) {
    const value = model.get(old)
    model.delete(old)
    if (value !== undefined) model.set(to + old.slice(from.length), value)
  }
}

function remove(model: Model, top: string): void {
  for (const old of [top, ...below(model, top)]) model.delete(old)
}

const isFile = (value: number | string | undefined) => value !== undefined && value !== 'directory'
const below = (model: Model, top: string) =>
  [...model.keys()].filter((it) => it.startsWith(`${top}/`))
const ancestors = (of: string) =>
  [...of.matchAll(/\//g)].slice(1).map((match) => of.slice(0, match.index))
const hasFileAbove = (model: Model, of: string) => ancestors(of).some((it) => isFile(model.get(it)))
const hasParent = (model: Model, of: string) => ancestors(of).every((it) => model.has(it))

/** What the namespace shows, page by page. */
async function treeOf(namespace: StoredNamespace): Promise<Model> {
  const found: Model = new Map()
  const waiting = ['']
  for (const directory of waiting) {
    let after = ''
    for (;;) {
      const page = namespace.list(ROOT, directory === '' ? '/' : directory, after, 2)
      for (const entry of page?.entries ?? []) {
        const full = `${directory}/${entry.name}`
        if (entry.kind === 'directory') waiting.push(full)
        const ofFile = entry.isUnderConstruction ? 'open' : entry.lengthBytes
        found.set(full, entry.kind === 'directory' ? 'directory' : ofFile)
        after = entry.name
      }
      if (page === undefined || page.remainingEntries === 0) break
    }
  }
  return new Map([...found].toSorted())
}
