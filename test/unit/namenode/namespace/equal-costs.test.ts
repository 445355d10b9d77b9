/** Promise P6: what is done to a directory writes as many rows when there are a thousand files in it as when there are ten. */
import { beforeAll, expect, it } from 'vitest'
import type {
  ChangeKind,
  ChangeRequest,
} from '../../../../namenode/service/namespace/namespace-change.js'
import { NamespaceEngine } from '../../../../namenode/service/namespace/namespace-engine.js'
import type { Database } from '../../../../namenode/storage/database.js'
import { createArguments, ROOT } from './namespace-fixture.js'
import { openEngine } from './open-engine.js'

let database: Database
let engine: NamespaceEngine

/** @returns how many rows the change has written, with its commit */
function rowsWritten<K extends ChangeKind>(kind: K, change: ChangeRequest<K>['change']): number {
  const changes = database.prepare<[], number>('SELECT total_changes()').pluck()
  const before = changes.get() ?? 0
  database.exec('BEGIN')
  engine.execute({ kind, change, call: ROOT, nowMs: 1_700_000_000_000 } as ChangeRequest)
  engine.keep()
  engine.beforeCommit()
  database.exec('COMMIT')
  engine.takeEffects()
  return (changes.get() ?? 0) - before
}

function fill(directory: string, files: number): void {
  rowsWritten('mkdirs', { path: `${directory}/sub`, permission: 0o755, createParent: true })
  for (let index = 0; index < files; index += 1) {
    const path = `${directory}/sub/file-${index}`
    rowsWritten('create', createArguments(path, { holder: 'H1' }))
  }
}

beforeAll(() => {
  ;({ database, engine } = openEngine(NamespaceEngine, { keepDeletedMs: 3_600_000 }))
  fill('/few', 10)
  fill('/many', 1000)
  // Something that only a snapshot shows is left in the end: the last of it to go takes a row of the root with it.
  fill('/other', 1)
  rowsWritten('setStoragePolicy', { path: '/other', policy: 'COLD' })
  rowsWritten('allowSnapshot', { path: '/other' })
  rowsWritten('createSnapshot', { path: '/other', name: 's' })
  rowsWritten('rename', { from: '/other/sub', to: '/other/t' })
})

it.each([
  ['a storage policy', 'setStoragePolicy', (path: string) => ({ path, policy: 'COLD' })],
  ['snapshots allowed', 'allowSnapshot', (path: string) => ({ path })],
  ['a snapshot', 'createSnapshot', (path: string) => ({ path, name: 's' })],
  [
    'a rename with a snapshot',
    'rename',
    (path: string) => ({ from: `${path}/sub`, to: `${path}/t` }),
  ],
  ['a snapshot deleted', 'deleteSnapshot', (path: string) => ({ path, name: 's' })],
  ['a rename', 'rename', (path: string) => ({ from: `${path}/t`, to: `${path}/sub` })],
  ['a deletion', 'delete', (path: string) => ({ path: `${path}/sub`, recursive: true })],
] as const)('%s', (_what, kind, change) => {
  const few = rowsWritten(kind, change('/few') as never)
  const many = rowsWritten(kind, change('/many') as never)
  expect({ kind, rows: many }).toEqual({ kind, rows: few })
  expect(few).toBeGreaterThan(0)
})
