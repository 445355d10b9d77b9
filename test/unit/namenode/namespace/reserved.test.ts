/** `/.reserved`: files and directories by their number, on every call that takes a path (protocol reference 2.2). */
import { expect, it } from 'vitest'
import type { Call } from '../../../../namenode/service/access/call.js'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
let directory: string
let file: string
namespaceForEach(async (it) => {
  fixture = it
  await writeFile(fixture.namespace, '/d/f', [500])
  directory = byNumber('/d')
  file = byNumber('/d/f')
})

function byNumber(path: string): string {
  const { id } = fixture.namespace.status(ROOT, path) ?? {}
  if (id === undefined) throw new Error(`nothing at ${path}`)
  return `/.reserved/.inodes/${id}`
}

it('reads by number, also below it', () => {
  const { namespace } = fixture
  expect(namespace.status(ROOT, file)).toEqual(namespace.status(ROOT, '/d/f'))
  expect(namespace.status(ROOT, `${directory}/f`)?.lengthBytes).toBe(500)
  expect(namespace.list(ROOT, directory, '', 9)?.entries.map((it) => it.name)).toEqual(['f'])
  expect(namespace.fileBlocks(ROOT, file, 0, 9).blocks).toHaveLength(1)
  expect(namespace.contentSummary(ROOT, directory).fileCount).toBe(1)
  expect(namespace.isFileClosed(ROOT, file)).toBe(true)
  namespace.checkAccess(ROOT, file, 4)
})

it('changes by number, and follows what was renamed', async () => {
  const { namespace } = fixture
  expect(await namespace.rename(ROOT, { from: file, to: '/g' })).toBe(true)
  await namespace.setPermission(ROOT, { path: file, permission: 0o600 })
  await namespace.setOwner(ROOT, { path: file, owner: 'eve', group: undefined })
  await namespace.setTimes(ROOT, { path: file, modificationTimeMs: 7, accessTimeMs: undefined })
  await namespace.setReplication(ROOT, { path: file, replication: 2 })
  expect(namespace.status(ROOT, '/g')).toMatchObject({
    permission: 0o600,
    owner: 'eve',
    modificationTimeMs: 7,
    replication: 2,
  })
  expect(
    await namespace.truncate(ROOT, { path: file, newLengthBytes: 0, holder: 'H1' }),
  ).toMatchObject({ isDone: true })
  await namespace.append(ROOT, { path: file, holder: 'H1', newBlock: false })
  expect(await namespace.delete(ROOT, { path: file, recursive: false })).toBe(true)
  expect(await refusal(() => namespace.status(ROOT, file))).toBe(
    `NOT_FOUND: File for given inode path does not exist: ${file}`,
  )
})

it('makes new names below a number', async () => {
  const { namespace } = fixture
  await namespace.create(ROOT, createArguments(`${directory}/new`))
  await namespace.mkdirs(ROOT, { path: `${directory}/e/e`, permission: 0o755, createParent: true })
  await namespace.rename(ROOT, { from: '/d/f', to: `${directory}/e` })
  await namespace.renameStrictly(ROOT, {
    from: '/d/e/f',
    to: `${directory}/h`,
    overwrite: false,
  })
  expect(namespace.list(ROOT, '/d', '', 9)?.entries.map((it) => it.name)).toEqual(['e', 'h', 'new'])
  const none = '/.reserved/.inodes/99999999'
  expect(await refusal(namespace.create(ROOT, createArguments(`${none}/x`)))).toBe(
    `NOT_FOUND: File for given inode path does not exist: ${none}/x`,
  )
  expect(await refusal(namespace.create(ROOT, createArguments(`${directory}/a:b`)))).toContain(
    'INVALID_PATH: Invalid path name /d/a:b',
  )
})

it('shows /.reserved itself, and lets nobody change it', async () => {
  const { namespace } = fixture
  expect(namespace.status(ROOT, '/.reserved')).toMatchObject({ kind: 'directory' })
  expect(namespace.list(ROOT, '/.reserved', '', 9)?.entries.map((it) => it.name)).toEqual([
    '.inodes',
    'raw',
  ])
  expect(namespace.list(ROOT, '/.reserved', '.inodes', 1)).toMatchObject({ remainingEntries: 0 })
  expect(namespace.status(ROOT, '/.reserved/.inodes')).toBeUndefined()
  expect(await refusal(namespace.delete(ROOT, { path: '/.reserved', recursive: true }))).toBe(
    'INVALID_PATH: Invalid path name /.reserved',
  )
  expect(await refusal(namespace.create(ROOT, createArguments('/.reserved/x')))).toBe(
    'INVALID_PATH: Invalid path name /.reserved/x',
  )
  expect(namespace.list(ROOT, '/', '', 9)?.entries.map((it) => it.name)).toEqual(['d'])
})

it('shows the raw view to the superuser only', async () => {
  const { namespace } = fixture
  expect(namespace.status(ROOT, '/.reserved/raw/d/f')?.lengthBytes).toBe(500)
  expect(namespace.status(ROOT, '/.reserved/raw')?.id).toBe(namespace.status(ROOT, '/')?.id)
  const look = (call: Call) => () => namespace.status(call, '/.reserved/raw/d/f')
  expect(await refusal(look(as('eve')))).toBe(
    'PERMISSION_DENIED: Access denied for user eve. Superuser privilege is required',
  )
})
