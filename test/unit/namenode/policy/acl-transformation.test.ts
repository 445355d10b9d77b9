/** Merging, removing and replacing ACL entries: the cases that Hadoop's own table of rules has. */
import { describe, expect, it } from 'vitest'
import {
  mergeAclEntries,
  removeAclEntries,
  removeDefaultEntries,
  replaceAclEntries,
} from '../../../../namenode/policy/acl-transformation.js'
import { formatAclEntry, parseAclSpec } from '../../../../shared/acl.js'

const MINIMAL = 'user::rwx,group::r-x,other::---'
const EXTENDED = 'user::rwx,user:bob:rwx,group::r-x,mask::rwx,other::---'
const DEFAULTS = 'default:user::rwx,default:group::r-x,default:other::---'

const entries = (text: string) => parseAclSpec(text, 'required')
const text = (acl: ReturnType<typeof entries>) => acl.map(formatAclEntry).join(',')
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `user:u${index}:rwx`).join(',')

describe('merging', () => {
  it.each([
    ['a named user makes a mask of all group rights', MINIMAL, 'user:bob:rwx', EXTENDED],
    [
      'a given mask stays as it was given',
      MINIMAL,
      'user:bob:rwx,mask::r--',
      'user::rwx,user:bob:rwx,group::r-x,mask::r--,other::---',
    ],
    [
      'a mask is computed anew with the next entry',
      'user::rwx,user:bob:rwx,group::r-x,mask::r--,other::---',
      'group:staff:-w-',
      'user::rwx,user:bob:rwx,group::r-x,group:staff:-w-,mask::rwx,other::---',
    ],
    [
      'an entry that is there is changed',
      EXTENDED,
      'user:bob:---,user::r--',
      'user::r--,user:bob:---,group::r-x,mask::r-x,other::---',
    ],
    [
      'default entries are completed from the access ones, with a mask for a named one',
      MINIMAL,
      'default:user:bob:rwx',
      `${MINIMAL},default:user::rwx,default:user:bob:rwx,default:group::r-x,default:mask::rwx,default:other::---`,
    ],
    [
      'the access mask does not change for default entries',
      'user::rwx,user:bob:rwx,group::r-x,mask::r--,other::---',
      'default:group::rwx',
      'user::rwx,user:bob:rwx,group::r-x,mask::r--,other::---,default:user::rwx,default:group::rwx,default:other::---',
    ],
    ['nothing changes nothing', EXTENDED, '', EXTENDED],
    [
      'a mask alone is an entry of its own',
      MINIMAL,
      'mask::r--',
      'user::rwx,group::r-x,mask::r--,other::---',
    ],
  ])('%s', (_, existing, spec, expected) => {
    expect(text(mergeAclEntries(entries(existing), entries(spec)))).toBe(expected)
  })

  it.each([
    ['user:bob:rwx,user:bob:r--', 'Invalid ACL: multiple entries with same scope, type and name.'],
    ['mask:bob:rwx', 'Invalid ACL: this entry type must not have a name: mask:bob:rwx.'],
    ['other:bob:rwx', 'Invalid ACL: this entry type must not have a name: other:bob:rwx.'],
    [many(33), 'Invalid ACL: ACL has 33 access entries, which exceeds maximum of 32.'],
    [many(32), 'Invalid ACL: ACL has 36 access entries, which exceeds maximum of 32.'],
    [
      many(33).replaceAll('user', 'default:user'),
      'Invalid ACL: ACL has 33 default entries, which exceeds maximum of 32.',
    ],
  ])('refuses %s', (spec, message) => {
    expect(() => mergeAclEntries(entries(MINIMAL), entries(spec))).toThrow(
      expect.objectContaining({ code: 'ACL', message }),
    )
  })
})

describe('removing', () => {
  const remove = (existing: string, spec: string) =>
    text(removeAclEntries(entries(existing), parseAclSpec(spec, 'none')))

  it.each([
    [
      'the last named user, and a mask stays',
      EXTENDED,
      'user:bob',
      'user::rwx,group::r-x,mask::r-x,other::---',
    ],
    ['the mask with the last entry that needs it', EXTENDED, 'user:bob,mask:', MINIMAL],
    ['what is not there', EXTENDED, 'user:eve', EXTENDED],
    [
      'a default user, and the mask of defaults follows',
      `${MINIMAL},default:user::rwx,default:user:bob:rwx,default:group::r--,default:mask::rwx,default:other::---`,
      'default:user:bob',
      `${MINIMAL},default:user::rwx,default:group::r--,default:mask::r--,default:other::---`,
    ],
    [
      'a default owner, who comes back from the access scope',
      `${MINIMAL},default:user::r--,default:group::r--,default:other::---`,
      'default:user:',
      `${MINIMAL},default:user::rwx,default:group::r--,default:other::---`,
    ],
    [
      'all that defaults have',
      `${MINIMAL},${DEFAULTS}`,
      'default:user:,default:group:,default:other:',
      MINIMAL,
    ],
  ])('%s', (_, existing, spec, expected) => {
    expect(remove(existing, spec)).toBe(expected)
  })

  it.each([
    ['user:', 'Invalid ACL: the user, group and other entries are required.'],
    ['mask:', 'Invalid ACL: mask is required and cannot be deleted.'],
  ])('refuses to take %s away', (spec, message) => {
    expect(() => remove(EXTENDED, spec)).toThrow(message)
  })

  it('takes all default entries and nothing else', () => {
    expect(text(removeDefaultEntries(entries(`${EXTENDED},${DEFAULTS}`)))).toBe(EXTENDED)
  })
})

describe('replacing', () => {
  const replace = (existing: string, spec: string) =>
    text(replaceAclEntries(entries(existing), entries(spec)))

  it('keeps the scope that it does not speak of', () => {
    const defaults = 'default:user::r--,default:group::r--,default:other::r--'
    expect(replace(`${EXTENDED},${DEFAULTS}`, defaults)).toBe(`${EXTENDED},${defaults}`)
    expect(replace(`${EXTENDED},${DEFAULTS}`, MINIMAL)).toBe(`${MINIMAL},${DEFAULTS}`)
  })

  it('computes the mask of what is new', () => {
    expect(replace(MINIMAL, 'user::rwx,user:bob:r--,group::-w-,other::---')).toBe(
      'user::rwx,user:bob:r--,group::-w-,mask::rw-,other::---',
    )
  })

  it.each([
    ['user:bob:rwx', 'Invalid ACL: the user, group and other entries are required.'],
    [
      'user::rwx,user:bob:rwx,other::---',
      'Invalid ACL: the user, group and other entries are required.',
    ],
  ])('refuses %s', (spec, message) => {
    expect(() => replace(MINIMAL, spec)).toThrow(message)
  })
})
