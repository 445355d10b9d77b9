import { describe, expect, it } from 'vitest'
import {
  checkAccess,
  checkOwner,
  checkOwnerChange,
  checkSticky,
  permits,
  symbolicPermission,
} from '../../../../namenode/policy/permissions.js'
import { refusal } from '../namespace/namespace-fixture.js'

const inode = (permission: number, kind: 'file' | 'directory' = 'file') =>
  ({ kind, permission, owner: 'ann', group: 'staff' }) as const
const user = (name: string, groups: readonly string[] = []) => ({
  user: name,
  groups,
  isSuperuser: false,
})
const SUPERUSER = { user: 'hdfs', groups: [], isSuperuser: true }

describe('rights', () => {
  it.each([
    ['the owner, by the first digit', 0o700, user('ann'), [4, 2, 1, 5, 7]],
    ['the owner, not by the group even when that has more', 0o070, user('ann', ['staff']), []],
    ['a member of the group, by the second digit', 0o750, user('bob', ['x', 'staff']), [4, 1, 5]],
    ['a member of the group, not by the others', 0o707, user('bob', ['staff']), []],
    ['others, by the third digit', 0o774, user('eve', ['x']), [4]],
    ['the superuser, always', 0o000, SUPERUSER, [4, 2, 1, 5, 7]],
  ])('are those of %s', (_name, permission, principal, expected) => {
    const granted = [4, 2, 1, 5, 7].filter((access) =>
      permits(inode(permission), principal, access),
    )
    expect(granted.toSorted()).toEqual(expected.toSorted())
  })

  it.each([
    [1, 'EXECUTE'],
    [2, 'WRITE'],
    [3, 'WRITE_EXECUTE'],
    [4, 'READ'],
    [5, 'READ_EXECUTE'],
    [6, 'READ_WRITE'],
    [7, 'ALL'],
  ])('are refused in the words that clients know: %i', async (access, name) => {
    expect(
      await refusal(() => checkAccess(inode(0o750, 'directory'), '/d', user('eve'), access)),
    ).toBe(
      `PERMISSION_DENIED: Permission denied: user=eve, access=${name}, inode="/d":ann:staff:drwxr-x---`,
    )
  })
})

describe('the sticky bit', () => {
  const sticky = { inode: { ...inode(0o1777, 'directory'), owner: 'root' }, path: '/tmp' }
  const entry = { inode: inode(0o644), path: '/tmp/f' }

  it('lets the owner of the entry, of the directory, and the superuser remove', () => {
    checkSticky(entry, sticky, user('ann'))
    checkSticky(entry, sticky, user('root'))
    checkSticky(entry, sticky, SUPERUSER)
    checkSticky(entry, { ...sticky, inode: inode(0o777, 'directory') }, user('eve'))
  })

  it('stops everybody else', async () => {
    expect(await refusal(() => checkSticky(entry, sticky, user('eve')))).toBe(
      'PERMISSION_DENIED: Permission denied by sticky bit: user=eve, path="/tmp/f":ann:staff:-rw-r--r--, ' +
        'parent="/tmp":root:staff:drwxrwxrwt',
    )
  })
})

describe('ownership', () => {
  it('is needed to change an inode', async () => {
    checkOwner(inode(0), '/f', user('ann'))
    checkOwner(inode(0), '/f', SUPERUSER)
    expect(await refusal(() => checkOwner(inode(0o777), '/f', user('eve')))).toBe(
      'PERMISSION_DENIED: Permission denied. user=eve is not the owner of inode=/f',
    )
  })

  it("is given away by a superuser only; groups are one's own", async () => {
    const ann = user('ann', ['staff', 'dev'])
    checkOwnerChange(ann, { owner: 'ann', group: 'dev' }, 'ann')
    checkOwnerChange(SUPERUSER, { owner: 'x', group: 'y' }, 'ann')
    expect(
      await refusal(() => checkOwnerChange(ann, { owner: 'bob', group: undefined }, 'ann')),
    ).toBe('PERMISSION_DENIED: User ann is not a super user (non-super user cannot change owner).')
    expect(
      await refusal(() => checkOwnerChange(ann, { owner: undefined, group: 'wheel' }, 'ann')),
    ).toBe('PERMISSION_DENIED: User ann does not belong to wheel')
  })
})

it.each([
  [0o755, 'directory', 'drwxr-xr-x'],
  [0o640, 'file', '-rw-r-----'],
  [0o1777, 'directory', 'drwxrwxrwt'],
  [0o1770, 'directory', 'drwxrwx--T'],
] as const)('%o is written as ls does', (permission, kind, expected) => {
  expect(symbolicPermission(permission, kind)).toBe(expected)
})
