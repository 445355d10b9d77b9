/** The namenode's half of a conversation of curl with Apache HDFS 3.4.3, asked again here: same statuses, same JSON. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Call } from '../../../../../namenode/service/access/call.js'
import { type NamenodeWebhdfs, openNamenodeWebhdfs } from '../../../../support/namenode-webhdfs.js'
import {
  byConnection,
  type CapturedMessage,
  GOLDEN_WIRE_FOLDER,
  readCapture,
} from '../../../../support/wire-captures.js'

interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS'
  /** Below `/webhdfs/v1`. */
  readonly url: string
  readonly status: number
  readonly location: string | undefined
  readonly body: string
}

/** Answered otherwise on purpose: the reason, or what the test cannot arrange. */
const DIFFERENT: ReadonlyMap<string, string> = new Map([
  ['GET /big?op=OPEN&user.name=root', 'a directory is refused in the first step'],
  ['GET /big?op=GETFILECHECKSUM', 'a directory is refused in the first step'],
  ['PUT /c1?op=CREATE&user.name=root', 'an existing file is refused in the first step'],
  ['PUT /c1?op=CREATE&user.name=root&noredirect=true', 'an existing file is refused'],
  ['PUT /cm?op=CREATE&user.name=root&overwrite=true', 'a directory is refused'],
  ['GET /?op=GETECPOLICIES', 'there is no erasure coding'],
  ['GET /?op=GETECCODECS', 'there is no erasure coding'],
])

/** What differs from one cluster to the next. */
const VARYING = new Set([
  ...['accessTime', 'modificationTime', 'fileId', 'childrenNum', 'fileLength', 'numBytes'],
  ...['directoryCount', 'fileCount', 'fileAndDirectoryCount', 'spaceConsumed', 'length'],
  ...['used', 'remaining', 'capacity', 'blockId', 'blockPoolId', 'generationStamp', 'snapshotID'],
  ...['topologyPaths', 'names', 'hosts', 'storageTypes', 'locations'],
])

function exchanges(): Exchange[] {
  const messages = readCapture(join(GOLDEN_WIRE_FOLDER, 'webhdfs-curl.jsonl'))
  return [...byConnection(messages).values()].map((exchange) => {
    const request = exchange.find((it) => it.direction === 'to-server')
    const reply = exchange.findLast(
      (it) => it.direction === 'from-server' && !startOf(it).includes(' 100 '),
    )
    const [method = '', url = ''] = startOf(request).split(' ')
    return {
      method: method as Exchange['method'],
      url: url.replace('/webhdfs/v1', ''),
      status: Number(startOf(reply).split(' ')[1]),
      location: headerOf(reply, 'location'),
      body: String(reply?.fields['body'] ?? ''),
    }
  })
}

const startOf = (message: CapturedMessage | undefined) => String(message?.fields['start'] ?? '')

function headerOf(message: CapturedMessage | undefined, name: string): string | undefined {
  const headers = (message?.fields['headers'] ?? []) as string[]
  const line = headers.find((it) => it.toLowerCase().startsWith(`${name}: `))
  return line?.slice(name.length + 2)
}

/** The same text for two answers that say the same; a listing that the capture cut short counts by its beginning. */
function comparable(body: string): unknown {
  if (body === '') return ''
  try {
    return JSON.parse(body, (key, value: unknown) => {
      if (key === 'Location') return comparableLocation(String(value))
      return VARYING.has(key) ? 'varies' : value
    })
  } catch {
    return 'cut short'
  }
}

/** Host, ticket and Apache's doubly encoded list fall away. */
function comparableLocation(location: string | undefined): string | undefined {
  return location
    ?.replace(/^http:\/\/[^/]+/, '')
    .replace(/&ticket=[\w.-]+/, '')
    .replace(/namenoderpcaddress=[^&]*/, 'namenoderpcaddress=x')
    .replace('CREATE%252COVERWRITE', 'create%2Coverwrite')
}

let namenode: NamenodeWebhdfs
beforeAll(async () => {
  namenode = await openNamenodeWebhdfs({ defaultUser: 'root' })
  const { services, ask } = namenode
  const call: Call = {
    principal: services.principals.principal('root'),
    requestId: undefined,
    clientAddress: '127.0.0.1',
    localAddress: '127.0.0.1',
  }
  // As Apache's test cluster: files of root belong to the group root.
  await ask('PUT', '/?op=SETOWNER&group=root&user.name=root')
  for (const name of ['d01204', 'd01205']) await ask('PUT', `/big/${name}?op=MKDIRS&user.name=root`)
  await ask('PUT', '/probe/e2?op=MKDIRS&user.name=root')
  await ask('PUT', '/probe/e2?op=ALLOWSNAPSHOT&user.name=root')
  for (const name of ['s1', 's2', 's3']) {
    await ask('PUT', `/probe/e2?op=CREATESNAPSHOT&snapshotname=${name}&user.name=root`)
  }
  await services.namespace.create(call, {
    path: '/c1',
    permission: 0o644,
    holder: 'H',
    create: true,
    overwrite: true,
    createParent: true,
    replication: 3,
    blockSizeBytes: 1024 * 1024,
  })
  const reference = { path: '/c1', fileId: undefined, holder: 'H' }
  const added = await services.writes.addBlock(call, {
    ...reference,
    previous: undefined,
    excluded: [],
    writerNode: 'prefer',
  })
  await services.writes.complete(call, { ...reference, last: { ...added.block, lengthBytes: 513 } })
})
afterAll(() => namenode.close())

describe('answers like Apache HDFS', () => {
  it.each(
    exchanges()
      .filter(({ url }) => !url.startsWith('/nope') && !url.startsWith('/fsck'))
      .map((it) => [`${it.method} ${it.url}`, it] as const),
  )('%s', async (name, golden) => {
    const reply = await namenode.ask(golden.method, golden.url)
    if (DIFFERENT.has(name)) {
      expect([reply.status, comparable(reply.body)]).not.toEqual([
        golden.status,
        comparable(golden.body),
      ])
      return
    }
    expect(reply.status).toBe(golden.status)
    expect(comparableLocation(String(reply.headers['location'] ?? ''))).toBe(
      comparableLocation(golden.location ?? ''),
    )
    const expected = comparable(golden.body)
    if (expected === 'cut short' || /^\/\?op=liststatus/i.test(golden.url)) return
    expect(comparable(reply.body)).toEqual(expected)
  })
})
