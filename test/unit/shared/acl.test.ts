import { describe, expect, it } from 'vitest'
import { effectivePermission, formatAclEntry, fullAcl, parseAclSpec } from '../../../shared/acl.js'

const entry = (text: string) => parseAclSpec(text, 'required')[0]!

describe('the text of ACL entries', () => {
  it.each(['user::rwx', 'user:bob:r-x', 'group:a b:---', 'mask::rw-', 'other::--x'])(
    'comes back as it was: %s',
    (text) => {
      expect(formatAclEntry(entry(text))).toBe(text)
      expect(formatAclEntry(entry(`default:${text}`))).toBe(`default:${text}`)
    },
  )

  it('is a list with commas, spaces around them and capital types', () => {
    expect(parseAclSpec(' USER:bob:rwx , ,default:group::r-x', 'required')).toEqual([
      { scope: 'access', type: 'user', name: 'bob', permission: 7 },
      { scope: 'default', type: 'group', permission: 5 },
    ])
  })

  it('has no permissions where entries are to be removed', () => {
    expect(parseAclSpec('user:bob,group:,default:mask::', 'none').map(formatAclEntry)).toEqual([
      'user:bob:---',
      'group::---',
      'default:mask::---',
    ])
  })

  it.each([
    ['user:bob:rwx:x', 'required', 'Invalid <aclSpec> : user:bob:rwx:x'],
    ['user:bob', 'required', 'Invalid <aclSpec> : user:bob'],
    ['user:bob:rwx', 'none', 'Invalid <aclSpec> : user:bob:rwx'],
    ['default', 'required', 'Invalid <aclSpec> : default'],
    ['::', 'none', 'Invalid <aclSpec> : ::'],
    ['nobody:x:rwx', 'required', 'Invalid type of acl in <aclSpec> :nobody:x:rwx'],
    ['user:bob:rwz', 'required', 'Invalid permission in <aclSpec> : user:bob:rwz'],
  ] as const)('is refused in Hadoop’s words: %s', (text, permissions, message) => {
    expect(() => parseAclSpec(text, permissions)).toThrow(message)
  })
})

describe('a whole ACL', () => {
  it('has the group bits as the group’s, or as the mask where there are access entries', () => {
    expect(fullAcl(0o751, []).map(formatAclEntry)).toEqual([
      'user::rwx',
      'group::r-x',
      'other::--x',
    ])
    const named = parseAclSpec('user:bob:rwx,group::r--,default:user::rwx', 'required')
    expect(fullAcl(0o751, named).map(formatAclEntry)).toEqual([
      'user::rwx',
      'user:bob:rwx',
      'group::r--',
      'mask::r-x',
      'other::--x',
      'default:user::rwx',
    ])
  })

  it('grants named users and groups no more than the mask of their scope', () => {
    const entries = parseAclSpec(
      'user:bob:rwx,group::rwx,default:user::rwx,default:user:bob:rwx,default:group::r-x,default:mask::r--,default:other::---',
      'required',
    )
    expect(entries.map((it) => effectivePermission(it, 0o740, entries))).toEqual([
      4, 4, 7, 4, 4, 4, 0,
    ])
  })
})
