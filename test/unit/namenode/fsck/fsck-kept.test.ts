import { expect, it } from 'vitest'
import { keptForUndo } from '../../../../namenode/service/inspection/fsck-kept.js'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import { as, type Fixture, openFixture, ROOT, writeFile } from '../namespace/namespace-fixture.js'

const KEEP_MS = 60_000

async function withFixture(work: (fixture: Fixture) => Promise<void>): Promise<void> {
  const fixture = await openFixture({ keepDeletedMs: KEEP_MS })
  try {
    await work(fixture)
  } finally {
    await fixture.dispose()
  }
}

const nothing = () => Promise.resolve()

it('sums up files, blocks and bytes of deleted trees, and says until when they are kept', () =>
  withFixture(async ({ namespace, clock }) => {
    const startedMs = clock.nowMs
    await namespace.mkdirs(ROOT, { path: '/a/b', permission: 0o755, createParent: true })
    await writeFile(namespace, '/a/b/two', [1000, 500])
    await writeFile(namespace, '/a/one', [100])
    await writeFile(namespace, '/a/empty', [])
    await writeFile(namespace, '/stays', [1000])
    await writeFile(namespace, '/other', [200])
    expect(await keptForUndo(namespace, ROOT, '/', nothing)).toBeUndefined()
    const { id } = await writeFile(namespace, '/a/b/last', [])
    expect(namespace.isKeptForUndo(id)).toBe(false)
    await namespace.delete(ROOT, { path: '/a', recursive: true })
    expect(namespace.isKeptForUndo(id)).toBe(true)
    clock.nowMs += 1000
    await namespace.delete(ROOT, { path: '/other', recursive: false })
    const firstUntilMs = startedMs + KEEP_MS
    expect(await keptForUndo(namespace, ROOT, '/', nothing)).toEqual({
      deletions: 2,
      files: 5,
      blocks: 4,
      lengthBytes: 1800,
      spaceBytes: 5400,
      firstUntilMs,
      lastUntilMs: firstUntilMs + 1000,
    })
    const below = await keptForUndo(namespace, ROOT, '/a', nothing)
    expect(below).toMatchObject({ deletions: 1, files: 4, blocks: 3, lastUntilMs: firstUntilMs })
  }))

it('goes on page by page, and shows nobody what he may not bring back', () =>
  withFixture(async ({ namespace }) => {
    for (let i = 0; i < 5; i += 1) {
      await writeFile(namespace, `/f${i}`, [1])
      await namespace.delete(ROOT, { path: `/f${i}`, recursive: false })
    }
    const inSmallPages: Pick<StoredNamespace, 'deletions' | 'keptChildrenOf' | 'blocksOfFile'> = {
      deletions: (call, question) => namespace.deletions(call, { ...question, limit: 2 }),
      keptChildrenOf: (id, after, limit) => namespace.keptChildrenOf(id, after, limit),
      blocksOfFile: (id) => namespace.blocksOfFile(id),
    }
    const all = await keptForUndo(inSmallPages, ROOT, '/', nothing)
    expect(all).toMatchObject({ deletions: 5, blocks: 5 })
    expect(await keptForUndo(namespace, as('eve'), '/', nothing)).toBeUndefined()
  }))
