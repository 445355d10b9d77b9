/**
 * A datanode that has the token of the cluster and lies: a broken or taken-over machine. What it says is bounded, what
 * cannot be true is refused, and the replicas of honest nodes are worth what they were (hostile inputs 47 and 48).
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bucketDigests, bucketOf } from '../../shared/control/block-digest.js'
import { CONTROL_PATHS } from '../../shared/control/messages.js'
import { content } from '../support/content.js'
import { type HostileCluster, startHostileCluster } from '../support/hostile-cluster.js'

const TOKEN = 'the token of the hostile cluster'
const STORAGE = 'DS-liar'
const TWO_PETABYTES = 2 ** 51
/** The liar sends no heartbeats of its own, and a long report must not outlast its session. */
const SETTINGS = {
  'cluster.token': TOKEN,
  'liveness.stale-after': '15s',
  'liveness.dead-after': '60s',
}

let hostile: HostileCluster
let stop = async () => {}
let sequence = 0
let sessionId = ''
beforeAll(async () => {
  hostile = await startHostileCluster({ settings: SETTINGS }, (close) => {
    stop = close
  })
})
afterAll(() => stop())
beforeEach(async () => {
  const { status, body } = await post('register', {
    datanodeUuid: 'liar',
    incarnation: 'one',
    softwareVersion: '0',
    hostname: 'liar',
    answersToHostname: false,
    addresses: ['127.0.0.1'],
    advertised: [],
    transferPort: 9,
    httpPort: 9,
    ipcPort: 9,
    rack: '/default-rack',
    storages: [{ storageId: STORAGE, type: 'DISK' }],
  })
  expect(status).toBe(200)
  sessionId = JSON.parse(body).sessionId
})
afterEach(async () => {
  const client = hostile.cluster.client()
  expect((await client.readFile('/good')).equals(content(1, 3000))).toBe(true)
  await client.writeFile('/next', 'next', { replication: 2, overwrite: true })
  expect(hostile.failures.splice(0)).toEqual([])
})

async function post(path: keyof typeof CONTROL_PATHS, message: object | string) {
  const url = `http://127.0.0.1:${hostile.cluster.namenode.httpPort}${CONTROL_PATHS[path]}`
  const reply = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  })
  return { status: reply.status, body: await reply.text() }
}

/** A message of the liar's session. */
function say(path: keyof typeof CONTROL_PATHS, message: object) {
  sequence += 1
  return post(path, { datanodeUuid: 'liar', sessionId, sequence, ...message })
}

const figures = {
  storageId: STORAGE,
  type: 'DISK',
  hasFailed: false,
  capacityBytes: TWO_PETABYTES,
  usedBytes: 0,
  remainingBytes: TWO_PETABYTES,
  blockCount: 0,
}
const beat = { storages: [figures], activeTransfers: 0, outcomes: [] }

describe('a heartbeat', () => {
  it.each([
    ['a capacity beyond numbers', '1e308'],
    ['a capacity beyond 2^53', String(2 ** 60)],
    ['a capacity below nothing', '-1'],
    ['half a byte', '0.5'],
    ['a capacity that is text', '"1"'],
    ['no capacity', 'null'],
  ])('with %s is refused, and nothing is placed there', async (_name, capacity) => {
    const text = JSON.stringify({ datanodeUuid: 'liar', sessionId, sequence: 1_000, ...beat })
    const odd = text.replace(`"capacityBytes":${TWO_PETABYTES}`, `"capacityBytes":${capacity}`)
    expect(odd).not.toBe(text)
    expect((await post('heartbeat', odd)).status).toBe(400)
  })

  it.each([
    ['more in use than there is', { capacityBytes: 10, usedBytes: 11, remainingBytes: 0 }],
    ['more free than there is', { capacityBytes: 10, usedBytes: 0, remainingBytes: 11 }],
    ['an unknown type', { type: 'CLOUD' }],
    ['a property of 2099', { wallMs: 4_070_908_800_000 }],
  ])('with %s is refused', async (_name, change) => {
    const reply = await say('heartbeat', { ...beat, storages: [{ ...figures, ...change }] })
    expect(reply.status).toBe(400)
  })

  it.each([
    ['257 storages', { storages: Array.from({ length: 257 }, () => figures) }],
    ['a negative number of streams', { activeTransfers: -1 }],
    ['10,001 outcomes', { outcomes: Array(10_001).fill({ commandId: 'a', outcome: 'done' }) }],
    ['an outcome that is no outcome', { outcomes: [{ commandId: 'a', outcome: 'won' }] }],
  ])('with %s is refused', async (_name, change) => {
    expect((await say('heartbeat', { ...beat, ...change })).status).toBe(400)
  })

  it('about commands that nobody gave changes nothing', async () => {
    const outcomes = Array.from({ length: 10_000 }, (_, index) => ({
      commandId: `${index}`,
      outcome: 'done',
      replica: { id: hostile.block.blockId, generationStamp: 9e15, lengthBytes: 0 },
    }))
    expect((await say('heartbeat', { ...beat, storages: [], outcomes })).status).toBe(200)
  })
})

describe('messages of nobody', () => {
  it.each([
    ['an unknown node', { datanodeUuid: 'stranger' }],
    ['an unknown session', { sessionId: 'guess' }],
    ['the session of another', { datanodeUuid: 'honest' }],
  ])('of %s are refused', async (_name, change) => {
    const honest = hostile.cluster.datanodes[0]?.uuid
    const named = 'datanodeUuid' in change && change.datanodeUuid === 'honest'
    const who = named ? { datanodeUuid: honest } : change
    const report = { reportId: 'r', storageId: STORAGE }
    const block = { id: 1, generationStamp: 1, lengthBytes: 1 }
    const events = [{ kind: 'deleted', storageId: STORAGE, block }]
    const replies = [
      await say('heartbeat', { ...beat, ...who }),
      await say('blockEvents', { events, ...who }),
      await say('reportDigest', { ...report, buckets: [], ...who }),
      await say('reportBuckets', { ...report, isLast: true, buckets: [], ...who }),
      await post('peer', { datanodeUuid: 'liar', sessionId, peerUuid: honest, ...who }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([410, 410, 410, 410, 410])
  })

  it('of a storage that was not named are refused', async () => {
    const report = { reportId: 'r', storageId: 'DS-other', buckets: [] }
    expect((await say('reportDigest', report)).status).toBe(410)
    expect((await say('reportBuckets', { ...report, isLast: true })).status).toBe(410)
  })
})

type Listed = { id: number; generationStamp: number; lengthBytes: number; state: 'finalized' }
const listed = (id: number, change: Partial<Listed> = {}): Listed => ({
  id,
  generationStamp: 1001,
  lengthBytes: 10,
  state: 'finalized',
  ...change,
})

const digest = (blocks: readonly Listed[], reportId = 'r') =>
  say('reportDigest', { reportId, storageId: STORAGE, buckets: bucketDigests(blocks) })

/** @returns the status of the last part */
async function report(blocks: readonly Listed[], bucketsEach = 64): Promise<number> {
  const reply = await digest(blocks)
  const differing: number[] = JSON.parse(reply.body).differing ?? []
  if (differing.length === 0) return reply.status
  let status = 0
  for (let at = 0; at < differing.length; at += bucketsEach) {
    const buckets = differing.slice(at, at + bucketsEach).map((bucket) => ({
      bucket,
      blocks: blocks.filter(({ id }) => bucketOf(id) === bucket),
    }))
    const isLast = at + bucketsEach >= differing.length
    const part = { reportId: 'r', storageId: STORAGE, isLast, buckets }
    status = (await say('reportBuckets', part)).status
  }
  return status
}

describe('a full report', () => {
  it.each([
    ['a negative length', [listed(1, { lengthBytes: -1 })]],
    ['a negative id', [listed(-1)]],
    ['an id beyond 2^53', [listed(2 ** 60)]],
    ['half a stamp', [listed(1, { generationStamp: 0.5 })]],
    ['a block of another bucket', [listed(4096)]],
    ['4097 blocks in a bucket', Array.from({ length: 4097 }, (_, id) => listed(id))],
  ])('with %s is refused', async (_name, blocks) => {
    await digest([listed(1)])
    const part = { reportId: 'r', storageId: STORAGE, isLast: true }
    const reply = await say('reportBuckets', { ...part, buckets: [{ bucket: 0, blocks }] })
    expect(reply.status).toBe(400)
  })

  it.each([
    ['a bucket twice', [...bucketDigests([listed(1)]), ...bucketDigests([listed(1)])]],
    ['a digest that is none', [{ bucket: 0, count: 1, digest: 'zz' }]],
    ['a negative bucket', [{ bucket: -1, count: 1, digest: '0'.repeat(16) }]],
  ])('that announces %s is refused', async (_name, buckets) => {
    const reply = await say('reportDigest', { reportId: 'r', storageId: STORAGE, buckets })
    expect(reply.status).toBe(400)
  })

  it('beyond a million buckets, and messages beyond their limits, are refused', async () => {
    const one = JSON.stringify({ bucket: 1, count: 1, digest: '0'.repeat(16) })
    const buckets = `[${`${one},`.repeat(1_000_000)}${one}]`
    const head = JSON.stringify({ datanodeUuid: 'liar', sessionId, sequence: 1, reportId: 'r' })
    const text = `${head.slice(0, -1)},"storageId":"${STORAGE}","buckets":${buckets}}`
    expect((await post('reportDigest', text)).status).toBe(400)
    const padding = ' '.repeat(17 * 1024 * 1024)
    expect((await post('blockEvents', `{${padding}}`)).status).toBe(413)
  })

  it('that was not announced is refused', async () => {
    const part = { reportId: 'another', storageId: STORAGE, isLast: true, buckets: [] }
    expect((await say('reportBuckets', part)).status).toBe(409)
  })

  it('of 20,000 blocks that nobody knows is taken, also twice, and others are served meanwhile', async () => {
    const blocks = Array.from({ length: 20_000 }, (_, index) => listed(5_000_000 + index))
    let isOver = false
    const done = report(blocks, 8).finally(() => {
      isOver = true
    })
    let reads = 0
    while (!isOver) {
      await hostile.cluster.client().exists('/good')
      reads += 1
    }
    expect(await done).toBe(200)
    expect(reads).toBeGreaterThan(3)
    const again = await digest(blocks, 'again')
    expect(JSON.parse(again.body)).toMatchObject({ differing: [] })
    expect(await report([])).toBe(200)
  })

  it.each([
    ['shorter', { lengthBytes: 1 }],
    ['longer', { lengthBytes: 4_000 }],
    ['of an older stamp', { generationStamp: 1 }],
    ['of a stamp of the future', { generationStamp: 2 ** 50 }],
  ])('of a good block that is %s takes nothing from the good replicas', async (_name, change) => {
    const { blockId: id, generationStamp } = hostile.block
    const lie = listed(id, { generationStamp, lengthBytes: 3000, ...change })
    expect(await report([lie])).toBe(200)
    expect(await report([lie])).toBe(200)
    expect((await hostile.cluster.client().readFile('/good')).length).toBe(3000)
    expect(await report([])).toBe(200)
  })
})

describe('events', () => {
  const event = (kind: string, change: object = {}) => {
    const { blockId: id, generationStamp } = hostile.block
    const block = { id, generationStamp, lengthBytes: 3000, ...change }
    return { kind, storageId: STORAGE, block }
  }

  it.each(['deleted', 'corrupt', 'receiving'])(
    'that a block of others is %s here take nothing from the others',
    async (kind) => {
      const events = Array.from({ length: 10_000 }, () => event(kind))
      expect((await say('blockEvents', { events })).status).toBe(200)
      expect(await report([])).toBe(200)
    },
  )

  it.each([
    ['of a kind that nobody knows', 'eaten', {}],
    ['of a negative length', 'received', { lengthBytes: -1 }],
    ['of an id beyond 2^53', 'received', { id: 2 ** 60 }],
  ])('%s are refused', async (_name, kind, change) => {
    expect((await say('blockEvents', { events: [event(kind, change)] })).status).toBe(400)
  })

  it('by tens of thousands in one message, or none, are refused', async () => {
    const events = Array.from({ length: 10_001 }, () => event('deleted'))
    expect((await say('blockEvents', { events })).status).toBe(400)
    expect((await say('blockEvents', { events: [] })).status).toBe(400)
  })
})
