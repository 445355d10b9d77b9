/** Extended attributes in the namespace: flags, limits, who may do what in which namespace. */
import { describe, expect, it } from 'vitest'
import { encodeXAttrValue, parseXAttrName, prefixedName } from '../../../../shared/xattr.js'
import { as, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
const eve = as('eve')

namespaceForEach(
  async (it) => {
    fixture = it
    await writeFile(fixture.namespace, '/f', [10])
    await fixture.namespace.mkdirs(ROOT, { path: '/open', permission: 0o777, createParent: true })
  },
  { maxXAttrs: 3, maxXAttrBytes: 100 },
)

interface Options {
  readonly call?: typeof ROOT
  readonly create?: boolean
  readonly replace?: boolean
}

const set = (path: string, name: string, value = '', options: Options = {}) =>
  fixture.namespace.setXAttr(options.call ?? ROOT, {
    path,
    xattr: { ...parseXAttrName(name), value: Buffer.from(value) },
    create: options.create ?? true,
    replace: options.replace ?? true,
  })

const remove = (path: string, name: string, call = ROOT) =>
  fixture.namespace.removeXAttr(call, { path, xattr: parseXAttrName(name) })

const get = (path: string, names: readonly string[] = [], call = ROOT) =>
  fixture.namespace
    .xattrs(call, path, names.map(parseXAttrName))
    .map((it) => `${prefixedName(it)}=${encodeXAttrValue(it.value, 'text')}`)

describe('extended attributes', () => {
  it('are kept over a restart, newest first, and go one by one', async () => {
    await set('/f', 'user.a', '1')
    await set('/f', 'trusted.b', '2')
    await set('/f', 'user.c')
    await set('/f', 'user.a', '3')
    await fixture.reopen()
    expect(get('/f')).toEqual(['user.a="3"', 'user.c=""', 'trusted.b="2"'])
    expect(get('/f', ['trusted.b', 'user.a'])).toEqual(['trusted.b="2"', 'user.a="3"'])
    await remove('/f', 'user.a')
    await remove('/f', 'user.c')
    await remove('/f', 'trusted.b')
    expect(get('/f')).toEqual([])
  })

  it('hold any bytes', async () => {
    const value = Uint8Array.from([0, 255, 128, 10])
    const xattr = { ...parseXAttrName('user.bytes'), value }
    await fixture.namespace.setXAttr(ROOT, { path: '/f', xattr, create: true, replace: false })
    expect([...(fixture.namespace.xattrs(ROOT, '/f', [])[0]?.value ?? [])]).toEqual([...value])
  })

  it('go with a file that is moved, and leave no row behind one that is deleted', async () => {
    await set('/f', 'user.a', '1')
    await fixture.namespace.rename(ROOT, { from: '/f', to: '/open/g' })
    expect(get('/open/g')).toEqual(['user.a="1"'])
    await set('/open', 'user.b', '1')
    await fixture.namespace.delete(ROOT, { path: '/open', recursive: true })
    while (await fixture.namespace.purgeDeletedTrees(10));
    expect(fixture.namespace.totals().files).toBe(0)
  })

  it('set again by a repeated request change nothing more', async () => {
    const call = { ...ROOT, requestId: { clientId: 'ab'.repeat(16), callId: 7 } }
    await set('/f', 'user.a', '1', { call, replace: false })
    await set('/f', 'user.a', '1', { call, replace: false })
    const again = { ...call, requestId: { ...call.requestId, callId: 8 } }
    await remove('/f', 'user.a', again)
    await remove('/f', 'user.a', again)
  })
})

describe('a refused attribute', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    [
      'that is there already',
      () => set('/f', 'user.k', '', { replace: false }),
      'IO: XAttr: k already exists. The REPLACE flag must be specified.',
    ],
    [
      'that is not there yet',
      () => set('/f', 'user.new', '', { create: false }),
      'IO: XAttr: new does not exist. The CREATE flag must be specified.',
    ],
    [
      'without a flag',
      () => set('/f', 'user.k', '', { create: false, replace: false }),
      'ILLEGAL_ARGUMENT: A flag must be specified.',
    ],
    [
      'that is one too many',
      async () => {
        for (const name of ['user.1', 'user.2', 'user.3']) await set('/f', name)
      },
      'IO: Cannot add additional XAttr to inode, would exceed limit of 3',
    ],
    [
      'that is too big',
      () => set('/f', 'user.ü', 'x'.repeat(99)),
      'ILLEGAL_ARGUMENT: The XAttr is too big. The maximum combined size of the name and value is 100, but the total size is 101',
    ],
    [
      'of the system',
      () => set('/f', 'system.k'),
      "PERMISSION_DENIED: User doesn't have permission for xattr: system.k",
    ],
    [
      'of trusted ones, for a user',
      () => set('/f', 'trusted.k', '', { call: eve }),
      "PERMISSION_DENIED: User doesn't have permission for xattr: trusted.k",
    ],
    [
      'that is raw on an ordinary path',
      () => set('/f', 'raw.k'),
      "PERMISSION_DENIED: User doesn't have permission for xattr: raw.k",
    ],
    [
      'on a file that the user may not write',
      () => set('/f', 'user.k', '', { call: eve }),
      'PERMISSION_DENIED: Permission denied: user=eve, access=WRITE, inode="/f":hdfs:supergroup:-rw-r--r--',
    ],
    ['of nothing', () => set('/none', 'user.k'), 'NOT_FOUND: cannot find /none'],
    [
      'to remove that is not there',
      () => remove('/f', 'user.none'),
      'IO: No matching attributes found for remove operation',
    ],
  ])('%s says why', async (_, work, message) => {
    await set('/f', 'user.k', 'v')
    expect(await refusal(work())).toBe(message)
  })

  it.each<[string, () => unknown, string]>([
    [
      'even when another is',
      () => get('/f', ['user.k', 'user.none']),
      'XATTR_NOT_FOUND: At least one of the attributes provided was not found.',
    ],
    [
      'trusted, for a user',
      () => get('/f', ['trusted.k'], eve),
      "PERMISSION_DENIED: User doesn't have permission for xattr: trusted.k",
    ],
    ['of nothing', () => get('/none'), 'NOT_FOUND: cannot find /none'],
  ])('to read that is not there, %s, says why', async (_, work, message) => {
    await set('/f', 'user.k', 'v')
    expect(await refusal(work)).toBe(message)
  })
})

describe('what a user sees', () => {
  it('is without trusted attributes, and nothing without the right to read', async () => {
    await set('/f', 'user.a', '1')
    await set('/f', 'trusted.b', '2')
    expect(get('/f', [], eve)).toEqual(['user.a="1"'])
    await fixture.namespace.setPermission(ROOT, { path: '/f', permission: 0o600 })
    expect(await refusal(() => get('/f', [], eve))).toContain('access=READ, inode="/f"')
  })

  it('is raw attributes only by the raw path', async () => {
    await set('/.reserved/raw/f', 'raw.k', 'v')
    expect(get('/f')).toEqual([])
    expect(get('/.reserved/raw/f')).toEqual(['raw.k="v"'])
  })
})

describe('a directory where everybody writes', () => {
  it('takes attributes from everybody, with a sticky bit from its owner alone', async () => {
    await set('/open', 'user.a', '1', { call: eve })
    await fixture.namespace.setPermission(ROOT, { path: '/open', permission: 0o1777 })
    expect(await refusal(set('/open', 'user.b', '1', { call: eve }))).toBe(
      'PERMISSION_DENIED: Permission denied. user=eve is not the owner of inode=/open',
    )
  })
})

describe('a file that is closed to superusers', () => {
  const name = 'security.hdfs.unreadable.by.superuser'

  it('is read by others, keeps that for ever, and has it without a value', async () => {
    await set('/f', name)
    expect(await refusal(() => fixture.namespace.fileBlocks(ROOT, '/f', 0, 1))).toBe(
      'PERMISSION_DENIED: Access is denied for hdfs since the superuser is not allowed to perform this operation.',
    )
    expect(fixture.namespace.fileBlocks(eve, '/f', 0, 1).blocks).toHaveLength(1)
    expect(await refusal(remove('/f', name))).toBe(
      `PERMISSION_DENIED: The xattr '${name}' can not be deleted.`,
    )
    expect(await refusal(set('/f', name, 'x'))).toBe(
      `PERMISSION_DENIED: Attempt to set a value for '${name}'. Values are not allowed for this xattr.`,
    )
    expect(await refusal(set('/open', name))).toBe(`IO: Can only set '${name}' on a file.`)
  })
})
