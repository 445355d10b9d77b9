/** Access control lists in the namespace: who may, what is kept, what children inherit, what it means for access. */
import { describe, expect, it } from 'vitest'
import { formatAclEntry, parseAclSpec } from '../../../../shared/acl.js'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
const bob = as('bob')
const eve = as('eve', { groups: ['staff', 'users'] })

namespaceForEach(async (it) => {
  fixture = it
  const { namespace } = fixture
  await namespace.mkdirs(ROOT, { path: '/d', permission: 0o750, createParent: true })
  await writeFile(namespace, '/f', [10], ROOT, { permission: 0o640 })
})

const change = (
  path: string,
  action: 'modify' | 'remove' | 'replace' | 'remove-all' | 'remove-default',
  spec = '',
  call = ROOT,
) =>
  fixture.namespace.changeAcl(call, {
    path,
    action,
    entries: parseAclSpec(spec, action === 'remove' ? 'none' : 'required'),
  })

const acl = (path: string) => {
  const { permission, entries } = fixture.namespace.aclStatus(ROOT, path)
  return `${permission.toString(8)} ${entries.map(formatAclEntry).join(',')}`.trimEnd()
}

describe('a changed ACL', () => {
  it('keeps the group’s rights beside the mask that the group bits become', async () => {
    expect(acl('/f')).toBe('640')
    expect(fixture.namespace.status(ROOT, '/f')?.hasAcl).toBe(false)
    await change('/f', 'modify', 'user:bob:rwx')
    expect(acl('/f')).toBe('670 user:bob:rwx,group::r--')
    expect(fixture.namespace.status(ROOT, '/f')?.hasAcl).toBe(true)
    expect(fixture.namespace.list(ROOT, '/', '', 10)?.entries.map((it) => it.hasAcl)).toEqual([
      false,
      true,
    ])
    await change('/f', 'remove-all')
    expect(acl('/f')).toBe('640')
    expect(fixture.namespace.status(ROOT, '/f')?.hasAcl).toBe(false)
  })

  it('survives a restart, keeps the sticky bit, and chmod changes its mask', async () => {
    await fixture.namespace.setPermission(ROOT, { path: '/d', permission: 0o1750 })
    await change('/d', 'modify', 'user:bob:rwx,default:user:bob:r-x')
    const defaults =
      'default:user::rwx,default:user:bob:r-x,default:group::r-x,default:mask::r-x,default:other::---'
    expect(acl('/d')).toBe(`1770 user:bob:rwx,group::r-x,${defaults}`)
    await fixture.reopen()
    expect(acl('/d')).toBe(`1770 user:bob:rwx,group::r-x,${defaults}`)
    await fixture.namespace.setPermission(ROOT, { path: '/d', permission: 0o700 })
    expect(acl('/d')).toBe(`700 user:bob:rwx,group::r-x,${defaults}`)
    await change('/d', 'remove-default')
    expect(acl('/d')).toBe('700 user:bob:rwx,group::r-x')
    await change('/d', 'replace', 'user::rwx,group::---,other::---')
    expect(acl('/d')).toBe('700')
  })

  it('goes with the file when that is renamed, overwritten or deleted', async () => {
    await change('/f', 'modify', 'user:bob:rwx')
    await fixture.namespace.rename(ROOT, { from: '/f', to: '/g' })
    expect(acl('/g')).toBe('670 user:bob:rwx,group::r--')
    await fixture.namespace.create(ROOT, createArguments('/g', { overwrite: true }))
    expect(acl('/g')).toBe('644')
    await fixture.namespace.delete(ROOT, { path: '/g', recursive: false })
  })

  it('takes names that hold the separators of its text', async () => {
    const entries = [{ scope: 'access', type: 'user', name: 'a,b:"c"', permission: 5 }] as const
    await fixture.namespace.changeAcl(ROOT, { path: '/f', action: 'modify', entries })
    expect(fixture.namespace.aclStatus(ROOT, '/f').entries[0]).toEqual(entries[0])
  })
})

describe('a refused ACL', () => {
  it.each<[string, () => Promise<void>, string]>([
    [
      'of a stranger',
      () => change('/f', 'modify', 'user:bob:rwx', eve),
      'PERMISSION_DENIED: Permission denied. user=eve is not the owner of inode=/f',
    ],
    [
      'of nothing',
      () => change('/none', 'remove-all'),
      'NOT_FOUND: Directory/File does not exist /none',
    ],
    [
      'with defaults for a file',
      () => change('/f', 'modify', 'default:user:bob:rwx'),
      'ACL: Invalid ACL: only directories may have a default ACL. Path: /f Path: /f',
    ],
    [
      'that is not whole',
      () => change('/f', 'replace', 'user:bob:rwx'),
      'ACL: Invalid ACL: the user, group and other entries are required. Path: /f',
    ],
    [
      'with a name of megabytes',
      () => change('/f', 'modify', `user:${'x'.repeat(1000)}:rwx`),
      'ILLEGAL_ARGUMENT: The name of an ACL entry has 1000 characters, or a NUL in it: at most 255 are allowed',
    ],
  ])('%s says why', async (_, work, message) => {
    expect(await refusal(work())).toBe(message)
  })

  it('of nothing to read says so in other words', async () => {
    expect(await refusal(() => fixture.namespace.aclStatus(ROOT, '/none'))).toBe(
      'NOT_FOUND: cannot find /none',
    )
  })
})

describe('children of a directory with default entries', () => {
  const inherited = (call = ROOT) => ({
    file: (path: string, permission: number, unmaskedPermission?: number) =>
      fixture.namespace.create(call, createArguments(path, { permission, unmaskedPermission })),
    directory: (path: string, permission: number, unmaskedPermission?: number) =>
      fixture.namespace.mkdirs(call, { path, permission, unmaskedPermission, createParent: true }),
  })

  it('take them, limited by the mode that was asked for before the umask', async () => {
    await change('/d', 'modify', 'default:user:bob:rwx,default:group::r-x')
    const make = inherited()
    await make.file('/d/f', 0o644, 0o666)
    expect(acl('/d/f')).toBe('660 user:bob:rwx,group::r-x')
    await make.file('/d/old', 0o640)
    expect(acl('/d/old')).toBe('640 user:bob:rwx,group::r-x')
    await make.directory('/d/a/b', 0o755, 0o777)
    const defaults =
      'default:user::rwx,default:user:bob:rwx,default:group::r-x,default:mask::rwx,default:other::---'
    expect(acl('/d/a')).toBe(`770 user:bob:rwx,group::r-x,${defaults}`)
    expect(acl('/d/a/b')).toBe(`770 user:bob:rwx,group::r-x,${defaults}`)
    await make.file('/d/x/y/f', 0o644, 0o666)
    // Parents that a file makes on its way have no mode of their own asked for: that of the directory counts.
    expect(acl('/d/x/y')).toBe(`750 user:bob:rwx,group::r-x,${defaults}`)
    expect(acl('/d/x/y/f')).toBe('660 user:bob:rwx,group::r-x')
  })

  it('have only permission bits where the default entries say no more', async () => {
    await change('/d', 'modify', 'default:user::rwx,default:group::-w-,default:other::--x')
    const make = inherited()
    await make.file('/d/f', 0o644, 0o666)
    expect(acl('/d/f')).toBe('620')
    await make.directory('/d/s', 0o755, 0o777)
    expect(acl('/d/s')).toBe('721 default:user::rwx,default:group::-w-,default:other::--x')
  })

  it('are made as ever without default entries, whatever was asked for', async () => {
    await change('/d', 'modify', 'user:bob:rwx')
    await inherited().file('/d/f', 0o644, 0o666)
    expect(acl('/d/f')).toBe('644')
  })
})

describe('access through an ACL', () => {
  const may = (call: typeof bob, access: number, path = '/f') => {
    try {
      fixture.namespace.checkAccess(call, path, access)
      return true
    } catch {
      return false
    }
  }

  it('is the named user’s, no more than the mask', async () => {
    expect(may(bob, 4)).toBe(false)
    await change('/f', 'modify', 'user:bob:rwx')
    expect(may(bob, 7)).toBe(true)
    await change('/f', 'modify', 'mask::r--')
    expect(may(bob, 4)).toBe(true)
    expect(may(bob, 2)).toBe(false)
  })

  it('is that of any one group, and a group that fits shuts out the rights of others', async () => {
    await change('/f', 'replace', 'user::rw-,group::r--,group:staff:r--,group:users:-w-,other::rwx')
    expect(may(eve, 4)).toBe(true)
    expect(may(eve, 2)).toBe(true)
    // No single entry grants both.
    expect(may(eve, 6)).toBe(false)
    expect(may(eve, 1)).toBe(false)
    expect(may(as('someone'), 7)).toBe(true)
  })

  it('shuts out a user by name, and leaves the owner to the permission bits', async () => {
    await fixture.namespace.setOwner(ROOT, { path: '/f', owner: 'eve', group: 'g' })
    await change('/f', 'replace', 'user::r--,user:eve:rwx,user:bob:---,group::r--,other::rwx')
    expect(may(eve, 4)).toBe(true)
    expect(may(eve, 2)).toBe(false)
    expect(may(bob, 4)).toBe(false)
  })

  it('opens the way through directories', async () => {
    await fixture.namespace.mkdirs(ROOT, { path: '/d/s', permission: 0o755, createParent: true })
    expect(await refusal(() => fixture.namespace.status(bob, '/d/s'))).toContain('access=EXECUTE')
    await change('/d', 'modify', 'user:bob:--x')
    expect(fixture.namespace.status(bob, '/d/s')?.name).toBe('s')
    // Default entries are for children, not for the directory that has them.
    await change('/d', 'remove-all')
    await change('/d', 'modify', 'default:user:bob:rwx')
    expect(await refusal(() => fixture.namespace.status(bob, '/d/s'))).toContain('access=EXECUTE')
  })
})
