/** Reads remember the directories on their way: what is changed must be seen by the next read all the same. */
import { expect, it } from 'vitest'
import { as, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

const eve = as('eve')
let fixture: Fixture
namespaceForEach(async (it) => {
  fixture = it
  await writeFile(fixture.namespace, '/a/b/c/file', [10])
  expect(fixture.namespace.status(eve, '/a/b/c/file')?.lengthBytes).toBe(10)
})

it('a renamed directory is not found under its old name', async () => {
  const { namespace } = fixture
  await namespace.rename(ROOT, { from: '/a/b', to: '/a/z' })
  expect(namespace.status(eve, '/a/b/c/file')).toBeUndefined()
  expect(namespace.status(eve, '/a/z/c/file')?.lengthBytes).toBe(10)
})

it('a directory that was closed to others is closed', async () => {
  const { namespace } = fixture
  await namespace.setPermission(ROOT, { path: '/a/b', permission: 0o700 })
  expect(await refusal(() => namespace.status(eve, '/a/b/c/file'))).toMatch(/^PERMISSION_DENIED/)
})

it('a deleted directory is gone, and another of its name is another', async () => {
  const { namespace } = fixture
  await namespace.delete(ROOT, { path: '/a/b', recursive: true })
  expect(namespace.status(eve, '/a/b')).toBeUndefined()
  await namespace.mkdirs(ROOT, { path: '/a/b', permission: 0o755, createParent: true })
  expect(namespace.status(eve, '/a/b/c')).toBeUndefined()
})
