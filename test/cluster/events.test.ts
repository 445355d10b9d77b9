/** Following the namespace of a whole in-process cluster: what a watcher sees, misses nothing of, and may not see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, type DfsClient, type PublishedEvent, startCluster } from '../../index.js'

let cluster: Cluster
let client: DfsClient

beforeAll(async () => {
  cluster = await startCluster({ datanodes: 1, settings: { 'replication.target': 1 } })
  client = cluster.client()
})
afterAll(async () => {
  await cluster.stop()
})

const textOf = (event: PublishedEvent): string => {
  const target = event.type === 'rename' ? ` ${event.to ?? '?'}` : ''
  return `${event.type} ${event.path ?? '?'}${target}`
}

/** Follows a path until `count` events have come. */
async function take(
  count: number,
  path: string,
  from: number,
  follower = client,
): Promise<PublishedEvent[]> {
  const events: PublishedEvent[] = []
  for await (const event of follower.watch(path, { from })) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

/** The last transaction, by an event that is made for it. */
async function now(): Promise<number> {
  const url = new URL('/api/v1/cluster', cluster.httpUrl)
  const state = (await (await fetch(url)).json()) as { namespace: { lastTransactionId: number } }
  return state.namespace.lastTransactionId
}

describe('a watcher', () => {
  it('sees a file come, change, move and go, and nothing of its neighbours', async () => {
    const start = await now()
    const seen = take(7, '/watched', start)
    await client.writeFile('/watched/f', 'hello')
    await client.writeFile('/watchedtoo', 'not this one')
    await client.chmod('/watched/f', 0o600)
    await client.rename('/watched/f', '/watched/g')
    await client.delete('/watched', { recursive: true })
    const events = await seen
    expect(events.map(textOf)).toEqual([
      'create /watched',
      expect.stringMatching(/^create \/watched\/.*f/),
      expect.stringMatching(/^close \/watched\/.*f/),
      expect.stringMatching(/^rename \/watched\/.*f.* \/watched\/f$/),
      'metadata /watched/f',
      'rename /watched/f /watched/g',
      'unlink /watched',
    ])
    expect(events[2]).toMatchObject({ lengthBytes: 5, user: client.user })
    expect(events.every((event) => event.transactionId > start)).toBe(true)
  })

  it('goes on where it stopped, also behind what it saw before the namenode was restarted', async () => {
    const start = await now()
    const names = Array.from({ length: 30 }, (_, index) => `/resumed/d${index}`)
    const seen = take(names.length + 1, '/resumed', start)
    for (const [index, name] of names.entries()) {
      await client.mkdir(name)
      if (index !== 10) continue
      await cluster.namenode.restart()
      await cluster.ready()
    }
    const expected = ['/resumed', ...names].map((path) => `create ${path}`)
    const whole = await seen
    expect(whole.map(textOf)).toEqual(expected)
    const tenth = whole[9]?.transactionId ?? 0
    const rest = await take(names.length - 9, '/resumed', tenth)
    expect(rest.map(textOf)).toEqual(expected.slice(10))
  })

  it('is told about the directory above that goes away', async () => {
    await client.mkdir('/above/below')
    const seen = take(1, '/above/below', await now())
    await client.rename('/above', '/elsewhere')
    expect((await seen).map(textOf)).toEqual(['rename /above /elsewhere'])
  })

  it('who is no superuser sees what is in directories that it may list', async () => {
    await client.mkdir('/open', { permission: 0o755 })
    await client.mkdir('/closed', { permission: 0o700 })
    const start = await now()
    const seen = take(4, '/', start, cluster.client({ user: 'mallory' }))
    await client.mkdir('/closed/secret')
    await client.mkdir('/open/known')
    await client.rename('/closed/secret', '/open/shown')
    await client.rename('/open/known', '/closed/gone')
    await client.delete('/closed', { recursive: true })
    expect((await seen).map(textOf)).toEqual([
      'create /open/known',
      'rename ? /open/shown',
      'rename /open/known ?',
      'unlink /closed',
    ])
  })

  it('is refused a transaction that has not been', async () => {
    const ahead = (await now()) + 1000
    await expect(take(1, '/', ahead)).rejects.toMatchObject({ code: 'EVENTS_MISSING' })
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const watching = (async () => {
      for await (const event of client.watch('/', { signal: stop.signal })) expect(event).toBe(0)
    })()
    stop.abort(new Error('enough'))
    await expect(watching).rejects.toThrow('enough')
  })
})

describe('/api/v1/events', () => {
  it('resumes by Last-Event-ID, which names whole transactions', async () => {
    const start = await now()
    await client.mkdir('/sse/a/b')
    const url = new URL('/api/v1/events?path=/sse', cluster.httpUrl)
    const headers = { 'last-event-id': String(start) }
    const stop = new AbortController()
    const response = await fetch(url, { headers, signal: stop.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes('/sse/a/b"')) break
    }
    stop.abort()
    const ids = text.match(/^id: \d+$/gm)
    expect(ids).toEqual([`id: ${start}`, `id: ${start + 1}`])
    expect(text.indexOf(`id: ${start + 1}`)).toBeGreaterThan(text.indexOf('"/sse/a"'))
  })

  it.each([
    ['from=x', 400],
    ['path=relative', 400],
    ['user.name=a b', 400],
    ['from=999999999', 410],
  ])('refuses %s with %i', async (query, status) => {
    const response = await fetch(new URL(`/api/v1/events?${query}`, cluster.httpUrl))
    await response.body?.cancel()
    expect(response.status).toBe(status)
  })
})
