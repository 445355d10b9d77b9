/** A change that fails after it has been applied: nothing of it may stay, in the tables or in what is counted in memory. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ChangeRequest } from '../../../../namenode/service/namespace/namespace-change.js'
import { NamespaceEngine } from '../../../../namenode/service/namespace/namespace-engine.js'
import { openStores } from '../../../../namenode/storage/stores.js'
import { GroupCommit } from '../../../../namenode/writer/group-commit.js'
import { DfsError } from '../../../../shared/errors.js'
import { inodeId, ROOT_INODE_ID } from '../../../../shared/ids.js'
import { createArguments, ROOT } from './namespace-fixture.js'
import { openEngine } from './open-engine.js'
import { checkDatabase } from './store-checks.js'

/** Applies every change, then fails the ones that it is told to. */
class FailingEngine extends NamespaceEngine {
  readonly failing = new Set<ChangeRequest>()

  override execute(request: ChangeRequest): unknown {
    const answer = super.execute(request)
    if (this.failing.has(request)) throw new DfsError('IO', 'failed after it was applied')
    return answer
  }
}

const path = fc.constantFrom('/a', '/b', '/a/b', '/a/c', '/a/b/c', '/b/c')
const request = fc
  .oneof(
    path.map((it) => ({
      kind: 'mkdirs' as const,
      change: { path: it, permission: 0o755, createParent: true },
    })),
    path.map((it) => ({
      kind: 'create' as const,
      change: createArguments(it, { overwrite: true }),
    })),
    path.map((it) => ({
      kind: 'allocateBlock' as const,
      change: { path: it, fileId: undefined, holder: 'H1', previous: undefined },
    })),
    path.map((it) => ({ kind: 'delete' as const, change: { path: it, recursive: true } })),
    fc.tuple(path, path).map(([from, to]) => ({ kind: 'rename' as const, change: { from, to } })),
    fc.constant({ kind: 'purgeDeletedTrees' as const, change: { limit: 2 } }),
  )
  .map((it): ChangeRequest => ({ ...it, call: ROOT, nowMs: 1_700_000_000_000 }))
const batch = fc.array(fc.record({ request, fails: fc.boolean() }), { minLength: 1, maxLength: 12 })

it('leaves no trace', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
      const { database, stores, engine } = openEngine(FailingEngine, { maxDirectoryItems: 100 })
      try {
        const monotonicMs = () => 0
        const commit = new GroupCommit({
          database,
          executor: engine,
          onDurable: () => {},
          monotonicMs,
        })
        for (const changes of batches) {
          for (const step of changes) if (step.fails) engine.failing.add(step.request)
          const result = commit.run(changes.map((it) => it.request))
          expect(result.fatal).toBeUndefined()
          const deleted = openStores(database)
            .blocks.deletedAfter(0, 1000)
            .map((it) => it.blockId)
          const announced = result.effects?.deletedBlocks.map((it) => it.blockId) ?? []
          expect(deleted).toEqual(expect.arrayContaining(announced))
          checkDatabase(database)
          const written = openStores(database).inodes
          const { nextInode } = stores.state.get()
          for (let id: number = ROOT_INODE_ID; id < nextInode; id += 1) {
            expect(stores.inodes.get(inodeId(id))).toEqual(written.get(inodeId(id)))
          }
        }
      } finally {
        database.close()
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
