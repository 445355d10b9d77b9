/** Which right each operation asks for, and where (protocol reference 2.2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  as,
  createArguments,
  type Fixture,
  openFixture,
  ROOT,
  refusal,
  writeFile,
} from './namespace-fixture.js'

let fixture: Fixture
const eve = as('eve')
beforeAll(async () => {
  fixture = await openFixture()
  const { namespace } = fixture
  const make = (path: string, permission: number) =>
    namespace.mkdirs(ROOT, { path, permission, createParent: true })
  await make('/public', 0o755)
  await make('/private', 0o700)
  await make('/private/d', 0o777)
  await make('/open', 0o777)
  await make('/open/hers', 0o755)
  await make('/open/hers/sub', 0o755)
  await make('/open/walkable', 0o711)
  await writeFile(namespace, '/public/f', [10])
  await writeFile(namespace, '/public/secret', [10], ROOT, { permission: 0o600 })
  await writeFile(namespace, '/private/f', [10])
})
afterAll(() => fixture.dispose())

const denied = (access: string, where: string) =>
  new RegExp(
    `^PERMISSION_DENIED: Permission denied: user=eve, access=${access}, inode="${where}":hdfs:supergroup:`,
  )

describe('a stranger', () => {
  it.each<[string, (f: Fixture) => Promise<unknown> | (() => unknown), RegExp]>([
    [
      'stat below a closed directory',
      ({ namespace: n }) =>
        () =>
          n.status(eve, '/private/f'),
      denied('EXECUTE', '/private'),
    ],
    [
      'list it',
      ({ namespace: n }) =>
        () =>
          n.list(eve, '/private', '', 9),
      denied('READ_EXECUTE', '/private'),
    ],
    [
      'list without read',
      ({ namespace: n }) =>
        () =>
          n.list(eve, '/open/walkable', '', 9),
      denied('READ_EXECUTE', '/open/walkable'),
    ],
    [
      'count it',
      ({ namespace: n }) =>
        () =>
          n.contentSummary(eve, '/private'),
      denied('READ_EXECUTE', '/private'),
    ],
    [
      'read a secret',
      ({ namespace: n }) =>
        () =>
          n.fileBlocks(eve, '/public/secret', 0, 1),
      denied('READ', '/public/secret'),
    ],
    [
      'make a directory',
      ({ namespace: n }) =>
        n.mkdirs(eve, { path: '/public/a/b', permission: 0o755, createParent: true }),
      denied('WRITE', '/public'),
    ],
    [
      'create',
      ({ namespace: n }) => n.create(eve, createArguments('/public/new')),
      denied('WRITE', '/public'),
    ],
    [
      'overwrite',
      ({ namespace: n }) => n.create(eve, createArguments('/public/f', { overwrite: true })),
      denied('WRITE', '/public/f'),
    ],
    [
      'append',
      ({ namespace: n }) => n.append(eve, { path: '/public/f', holder: 'E', newBlock: false }),
      denied('WRITE', '/public/f'),
    ],
    [
      'delete',
      ({ namespace: n }) => n.delete(eve, { path: '/public/f', recursive: false }),
      denied('WRITE', '/public'),
    ],
    [
      'delete what is not there',
      ({ namespace: n }) => n.delete(eve, { path: '/public/none', recursive: false }),
      denied('WRITE', '/public'),
    ],
    [
      "delete somebody's tree out of an open directory",
      ({ namespace: n }) => n.delete(eve, { path: '/open/hers', recursive: true }),
      denied('ALL', '/open/hers'),
    ],
    [
      "move somebody's tree to the trash out of an open directory",
      ({ namespace: n }) =>
        n.renameStrictly(eve, {
          from: '/open/hers',
          to: '/open/trash',
          overwrite: false,
          toTrash: true,
        }),
      denied('ALL', '/open/hers'),
    ],
    [
      'set times',
      ({ namespace: n }) =>
        n.setTimes(eve, { path: '/public/f', modificationTimeMs: 1, accessTimeMs: 1 }),
      denied('WRITE', '/public/f'),
    ],
    [
      'set replication',
      ({ namespace: n }) => n.setReplication(eve, { path: '/public/f', replication: 2 }),
      denied('WRITE', '/public/f'),
    ],
    [
      'chmod',
      ({ namespace: n }) => n.setPermission(eve, { path: '/public/f', permission: 0o777 }),
      /user=eve is not the owner of inode=\/public\/f/,
    ],
    [
      'chown',
      ({ namespace: n }) => n.setOwner(eve, { path: '/public/f', owner: 'eve', group: undefined }),
      /is not the owner of inode=\/public\/f/,
    ],
    [
      'ask whether it may write',
      ({ namespace: n }) =>
        () =>
          n.checkAccess(eve, '/public/f', 2),
      denied('WRITE', '/public/f'),
    ],
  ])('may not %s', async (_name, attempt, expected) => {
    expect(await refusal(attempt(fixture))).toMatch(expected)
  })

  it('may pass through a directory it cannot list, and delete an empty one of others in an open directory', async () => {
    const { namespace } = fixture
    expect(namespace.status(eve, '/open/walkable/none')).toBeUndefined()
    expect(
      await namespace
        .delete(eve, { path: '/open/hers/none', recursive: true })
        .catch(() => 'refused'),
    ).toBe('refused')
    await namespace.mkdirs(ROOT, { path: '/open/empty', permission: 0o700, createParent: true })
    expect(await namespace.delete(eve, { path: '/open/empty', recursive: true })).toBe(true)
  })
})

describe('walking through a file', () => {
  const path = '/public/f/below'
  const text = '/public/f (is not a directory)'

  it('is a missing directory for what makes names', async () => {
    const { namespace } = fixture
    const makers = [
      namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true }),
      namespace.create(ROOT, createArguments(path)),
      namespace.rename(ROOT, { from: '/open', to: path }),
    ]
    for (const maker of makers) expect(await refusal(maker)).toBe(`PARENT_NOT_DIRECTORY: ${text}`)
  })

  it('is forbidden for everything else, to the superuser too, who may only look and find nothing', async () => {
    const { namespace } = fixture
    const forbidden = `PERMISSION_DENIED: ${text}`
    expect(await refusal(namespace.delete(ROOT, { path, recursive: true }))).toBe(forbidden)
    expect(await refusal(() => namespace.list(ROOT, path, '', 1))).toBe(forbidden)
    expect(await refusal(() => namespace.status(eve, path))).toBe(forbidden)
    expect(namespace.status(ROOT, path)).toBeUndefined()
  })
})
