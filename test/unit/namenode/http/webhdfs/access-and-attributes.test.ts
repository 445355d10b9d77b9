import { hostname } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import type { NamenodeConfig } from '../../../../../namenode/config.js'
import { type NamenodeWebhdfs, openNamenodeWebhdfs } from '../../../../support/namenode-webhdfs.js'

let namenode: NamenodeWebhdfs
const open = async (change: Partial<NamenodeConfig> = {}) => {
  namenode = await openNamenodeWebhdfs({ change })
  return namenode.ask
}
afterEach(() => namenode.close())

const HOME = '/?op=GETHOMEDIRECTORY'
const MKDIRS = '/d?op=MKDIRS&user.name=root'

describe('acting for others', () => {
  it('is for superusers and for proxies of the settings, who may not act for a superuser', async () => {
    const ask = await open({ proxyUsers: ['carol'] })
    expect((await ask('GET', `${HOME}&user.name=root&doas=bob`)).json()).toEqual({
      Path: '/user/bob',
    })
    expect((await ask('GET', `${HOME}&user.name=carol&doas=bob`)).json()).toEqual({
      Path: '/user/bob',
    })
    for (const query of ['user.name=alice&doas=bob', 'user.name=carol&doas=root']) {
      const refused = await ask('GET', `${HOME}&${query}`)
      expect(refused.status).toBe(403)
      expect(refused.json()).toMatchObject({
        RemoteException: { exception: 'AuthorizationException' },
      })
    }
  })

  it('goes into the redirect and its ticket', async () => {
    const ask = await open()
    const reply = await ask('PUT', '/f?op=CREATE&user.name=root&doas=bob')
    const location = new URL(String(reply.headers['location']))
    expect(location.searchParams.get('doas')).toBe('bob')
    const [claims = ''] = (location.searchParams.get('ticket') ?? '').split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      user: 'bob',
      method: 'PUT',
      path: '/f',
    })
  })
})

describe('pages of other sites', () => {
  const origin = 'https://portal.example'

  it('may change nothing unless the settings name them', async () => {
    const ask = await open()
    expect((await ask('PUT', MKDIRS, { origin })).status).toBe(403)
    expect(
      (await ask('PUT', MKDIRS, { origin: 'http://localhost', host: 'localhost' })).status,
    ).toBe(200)
    const read = await ask('GET', HOME, { origin })
    expect(read.headers['access-control-allow-origin']).toBeUndefined()
  })

  it.each([
    ['localhost:9870', 200],
    ['127.0.0.1:9870', 200],
    ['10.1.2.3:9870', 200],
    ['[::1]:9870', 200],
    [`${hostname().toLowerCase()}:9870`, 200],
    ['evil.example:9870', 403],
    ['127.0.0.1.evil.example:9870', 403],
    ['', 403],
    ['%:1', 403],
  ])(
    'at the same name as ours may change something when the name is ours: "%s"',
    async (host, status) => {
      const ask = await open()
      const reply = await ask('PUT', MKDIRS, { origin: `http://${host}`, host })
      expect(reply.status).toBe(status)
    },
  )

  it('may be served by any name of the settings, and programs may call us by any name', async () => {
    const origin = 'http://namenode.example:9870'
    const host = 'namenode.example:9870'
    const ask = await open({ webAccess: { corsOrigins: [origin], csrfHeader: '' } })
    expect((await ask('PUT', MKDIRS, { origin, host })).status).toBe(200)
    expect((await ask('PUT', MKDIRS, { host: 'any.example' })).status).toBe(200)
  })

  it('are told what they may do when they are named', async () => {
    const ask = await open({ webAccess: { corsOrigins: [origin], csrfHeader: 'X-XSRF-HEADER' } })
    const preflight = await ask('OPTIONS', MKDIRS, { origin })
    expect(preflight.status).toBe(200)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
      'access-control-allow-headers': 'Content-Type, X-Requested-With, X-XSRF-HEADER',
    })
    expect((await ask('PUT', MKDIRS, { origin })).status).toBe(200)
    expect((await ask('PUT', MKDIRS, { origin: 'https://other.example' })).status).toBe(403)
  })

  it('must send the header of the settings, programs need not', async () => {
    const ask = await open({ webAccess: { corsOrigins: [], csrfHeader: 'X-XSRF-HEADER' } })
    const browser = { 'user-agent': 'Mozilla/5.0 (X11)' }
    const refused = await ask('PUT', MKDIRS, browser)
    expect(refused.status).toBe(400)
    expect(refused.body).toContain('Missing Required Header for CSRF Vulnerability Protection')
    expect((await ask('PUT', MKDIRS, { ...browser, 'x-xsrf-header': '' })).status).toBe(200)
    expect((await ask('GET', HOME, browser)).status).toBe(200)
    expect((await ask('PUT', MKDIRS, { 'user-agent': 'curl/8' })).status).toBe(200)
  })
})

describe('extended attributes and access lists', () => {
  it('are set, shown in each encoding, listed and removed', async () => {
    const ask = await open()
    await ask('PUT', MKDIRS)
    const set = '/d?op=SETXATTR&user.name=root&xattr.name=user.k&xattr.value=0x76616c'
    expect((await ask('PUT', `${set}&flag=CREATE%2CREPLACE`)).status).toBe(200)
    const value = async (encoding: string) =>
      (await ask('GET', `/d?op=GETXATTRS&user.name=root&encoding=${encoding}`)).json()
    expect(await value('HEX')).toEqual({ XAttrs: [{ name: 'user.k', value: '0x76616c' }] })
    expect(await value('text')).toEqual({ XAttrs: [{ name: 'user.k', value: '"val"' }] })
    expect(await value('base64')).toEqual({ XAttrs: [{ name: 'user.k', value: '0sdmFs' }] })
    await ask('PUT', '/d?op=REMOVEXATTR&user.name=root&xattr.name=user.k')
    expect((await ask('GET', '/d?op=LISTXATTRS&user.name=root')).json()).toEqual({
      XAttrNames: '[]',
    })
  })

  it('show in the status of a file and as Apache writes them', async () => {
    const ask = await open()
    await ask('PUT', MKDIRS)
    const spec = encodeURIComponent('user::rw-,user:bob:rwx,group::---,other::---')
    expect((await ask('PUT', `/d?op=SETACL&user.name=root&aclspec=${spec}`)).status).toBe(200)
    expect((await ask('GET', '/d?op=GETACLSTATUS&user.name=root')).json()).toMatchObject({
      AclStatus: {
        entries: ['user:bob:rwx', 'group::---'],
        owner: 'root',
        permission: '670',
        stickyBit: false,
      },
    })
    expect((await ask('GET', '/d?op=GETFILESTATUS&user.name=root')).json()).toMatchObject({
      FileStatus: { aclBit: true },
    })
    await ask('PUT', '/d?op=REMOVEACL&user.name=root')
    expect((await ask('GET', '/d?op=GETFILESTATUS&user.name=root')).body).not.toContain('aclBit')
  })
})

it('quotas are set, kept, shown and cleared', async () => {
  const ask = await open()
  await ask('PUT', MKDIRS)
  const usage = async () => {
    const reply = await ask('GET', '/d?op=GETQUOTAUSAGE&user.name=root')
    return (reply.json() as { QuotaUsage: object }).QuotaUsage
  }
  const set = (query: string) => ask('PUT', `/d?op=SETQUOTA&user.name=root&${query}`)
  expect((await set('namespacequota=5&storagespacequota=1000')).status).toBe(200)
  await set('namespacequota=9223372036854775807&storagespacequota=-1')
  expect(await usage()).toMatchObject({ quota: 5, spaceQuota: -1 })
  const byType = '/d?op=SETQUOTABYSTORAGETYPE&user.name=root&storagetype=ssd'
  expect((await ask('PUT', `${byType}&storagespacequota=77`)).status).toBe(200)
  expect(await usage()).toMatchObject({ typeQuota: { SSD: { consumed: 0, quota: 77 } } })
  expect((await ask('PUT', MKDIRS.replace('/d', '/d/1'))).status).toBe(200)
  expect((await set('namespacequota=-2')).status).toBe(400)
})

it('snapshots are compared page by page as Java asks for them', async () => {
  const ask = await open()
  const change = (method: 'PUT' | 'DELETE', url: string) => ask(method, `${url}&user.name=root`)
  await change('PUT', '/s/old?op=MKDIRS')
  await change('PUT', '/s?op=ALLOWSNAPSHOT')
  await change('PUT', '/s?op=CREATESNAPSHOT&snapshotname=one')
  await change('PUT', '/s/old?op=RENAME&destination=/s/renamed')
  await change('PUT', '/s/new?op=MKDIRS')
  await change('PUT', '/s?op=CREATESNAPSHOT&snapshotname=two')
  await change('PUT', '/s?op=RENAMESNAPSHOT&oldsnapshotname=two&snapshotname=last')
  const names = 'oldsnapshotname=one&snapshotname=last'
  const page = await ask(
    'GET',
    `/s?op=GETSNAPSHOTDIFFLISTING&user.name=root&${names}&snapshotdiffstartpath=&snapshotdiffindex=-1`,
  )
  expect(page.json()).toMatchObject({
    SnapshotDiffReportListing: {
      isFromEarlier: true,
      lastIndex: -1,
      lastPath: '',
      deleteList: [{ sourcePath: 'old', targetPath: 'renamed', isReference: true }],
    },
  })
  const report = await ask('GET', `/s?op=GETSNAPSHOTDIFF&user.name=root&${names}`)
  expect(report.json()).toMatchObject({
    SnapshotDiffReport: {
      diffList: expect.arrayContaining([
        { sourcePath: 'old', targetPath: 'renamed', type: 'RENAME' },
        { sourcePath: 'new', type: 'CREATE' },
      ]),
    },
  })
  for (const name of ['one', 'last']) {
    expect((await change('DELETE', `/s?op=DELETESNAPSHOT&snapshotname=${name}`)).status).toBe(200)
  }
  expect((await ask('GET', '/s?op=GETSNAPSHOTLIST&user.name=root')).json()).toEqual({
    SnapshotList: null,
  })
})
