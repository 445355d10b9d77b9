import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type NamenodeWebhdfs, openNamenodeWebhdfs } from '../../../../support/namenode-webhdfs.js'

let namenode: NamenodeWebhdfs
beforeEach(async () => {
  namenode = await openNamenodeWebhdfs()
})
afterEach(() => namenode.close())

const ask = (...parameters: Parameters<NamenodeWebhdfs['ask']>) => namenode.ask(...parameters)

describe('the first step of what moves bytes', () => {
  it('sends a CREATE to a datanode, with every parameter and a ticket', async () => {
    const reply = await ask('PUT', '/a%20b/c?op=create&user.name=root&tempdir=/tmp&blocksize=65536')
    expect(reply).toMatchObject({ status: 307, body: '' })
    expect(reply.headers['content-length']).toBe('0')
    expect(reply.headers['location']).toMatch(
      /^http:\/\/10\.0\.0\.1:9864\/webhdfs\/v1\/a%20b\/c\?op=CREATE&user\.name=root&namenoderpcaddress=127\.0\.0\.1:8020&blocksize=65536&createflag=&createparent=true&overwrite=false&ticket=[\w.-]+$/,
    )
  })

  it('names the place in JSON when no redirect is wanted', async () => {
    const reply = await ask('PUT', '/c?op=CREATE&noredirect=true&user.name=root')
    expect(reply.status).toBe(200)
    expect(reply.json()).toEqual({
      Location: expect.stringMatching(/^http:\/\/10\.0\.0\.1:9864\/webhdfs\/v1\/c\?op=CREATE&/),
    })
  })

  it('leaves out the datanodes that the client could not reach', async () => {
    const reply = await ask('PUT', '/c?op=CREATE&user.name=root&excludedatanodes=10.0.0.1:9864')
    expect(reply.headers['location']).toMatch(/^http:\/\/10\.0\.0\.2:9864\//)
    namenode.blockManager.nodes = []
    expect((await ask('PUT', '/c?op=CREATE&user.name=root')).json()).toMatchObject({
      RemoteException: {
        javaClassName: 'java.io.IOException',
        message: 'Failed to find datanode, suggest to check cluster health. excludeDatanodes=',
      },
    })
  })

  it('refuses what can be refused before a byte travels', async () => {
    await ask('PUT', '/dir?op=MKDIRS&user.name=root')
    expect((await ask('PUT', '/dir?op=CREATE&user.name=root&overwrite=true')).status).toBe(403)
    expect((await ask('POST', '/none?op=APPEND&user.name=root')).status).toBe(404)
    expect((await ask('GET', '/dir?op=OPEN')).status).toBe(404)
    namenode.services.safeMode.enterManually()
    const refused = await ask('PUT', '/new?op=CREATE&user.name=root')
    expect(refused.status).toBe(403)
    expect(refused.json()).toMatchObject({ RemoteException: { exception: 'SafeModeException' } })
  })
})

it('lists a directory of more entries than a page, and a file as itself', async () => {
  const { services } = namenode
  const call = {
    principal: services.principals.principal('root'),
    requestId: undefined,
    clientAddress: '',
    localAddress: '',
  }
  const names = Array.from({ length: 1205 }, (_, index) => `d${String(index).padStart(5, '0')}`)
  await Promise.all(
    names.map((name) =>
      services.namespace.mkdirs(call, {
        path: `/big/${name}`,
        permission: 0o755,
        createParent: true,
      }),
    ),
  )
  const { FileStatuses } = (await ask('GET', '/big?op=LISTSTATUS')).json() as {
    FileStatuses: { FileStatus: { pathSuffix: string }[] }
  }
  expect(FileStatuses.FileStatus.map((it) => it.pathSuffix)).toEqual(names)
})

describe('a URL that cannot be decoded', () => {
  it('is answered with a RemoteException, before any route is found', async () => {
    const reply = await ask('GET', '/a%zz?op=GETFILESTATUS')
    expect(reply.status).toBe(400)
    expect(reply.json()).toMatchObject({
      RemoteException: {
        exception: 'IllegalArgumentException',
        javaClassName: 'java.lang.IllegalArgumentException',
        message: expect.stringContaining('%zz'),
      },
    })
  })
})
