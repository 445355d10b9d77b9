import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OutstandingRedirects } from '../../../../../namenode/http/webhdfs/outstanding-redirects.js'
import type { Call } from '../../../../../namenode/service/access/call.js'
import { FakeClock } from '../../../../support/fake-clock.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../../support/namenode-rpc.js'
import { createArguments } from '../../namespace/namespace-fixture.js'

let namenode: NamenodeRpc
let clock: FakeClock
let redirects: OutstandingRedirects
beforeEach(async () => {
  namenode = await openNamenodeRpc()
  clock = new FakeClock()
  redirects = new OutstandingRedirects({ clock, namespace: namenode.services.namespace })
})
afterEach(() => namenode.close())

const callFrom = (clientAddress: string, user = 'root'): Call => ({
  principal: namenode.services.principals.principal(user),
  requestId: undefined,
  clientAddress,
  localAddress: '127.0.0.1',
})

/** Whether a call on `path` may go on; it is asked when everything woken has run. */
function mayGoOn(call: Call, path: string): () => Promise<boolean> {
  let isSettled = false
  void redirects.settled(call, path).then(() => {
    isSettled = true
  })
  return async () => {
    await clock.settle()
    return isSettled
  }
}

const create = (path: string) =>
  namenode.services.namespace.create(callFrom('10.0.0.1'), createArguments(path))

describe('a call after a redirect to the same path', () => {
  it('waits until the file is there', async () => {
    const client = callFrom('192.168.0.1')
    redirects.remember(client, '/file')
    const goesOn = mayGoOn(client, '/file')
    expect(await goesOn()).toBe(false)
    await create('/other')
    expect(await goesOn()).toBe(false)
    await create('/file')
    expect(await goesOn()).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('waits until the file is open for appending', async () => {
    const client = callFrom('192.168.0.1')
    const { namespace } = namenode.services
    const { id: fileId } = await create('/file')
    const reference = { path: '/file', fileId, holder: 'H1' }
    await namespace.completeFile(client, { ...reference, last: undefined })
    redirects.remember(client, '/file')
    const goesOn = mayGoOn(client, '/file')
    expect(await goesOn()).toBe(false)
    await namespace.append(client, { ...reference, newBlock: false })
    expect(await goesOn()).toBe(true)
  })

  it('waits until an overwritten file is another one, whatever its times', async () => {
    const client = callFrom('192.168.0.1')
    const { namespace } = namenode.services
    const { modificationTimeMs } = await create('/file')
    redirects.remember(client, '/file')
    expect(await mayGoOn(client, '/file')()).toBe(false)
    await namespace.create(client, createArguments('/file', { holder: 'H2', overwrite: true }))
    await namespace.setTimes(client, {
      path: '/file',
      modificationTimeMs,
      accessTimeMs: undefined,
    })
    expect(await mayGoOn(client, '/file')()).toBe(true)
  })

  it('does not wait when the redirect was redeemed, also long before and by a file that is gone', async () => {
    const client = callFrom('192.168.0.1')
    redirects.remember(client, '/file')
    await create('/file')
    expect(await mayGoOn(client, '/file')()).toBe(true)
    await namenode.services.namespace.delete(client, { path: '/file', recursive: false })
    expect(await mayGoOn(client, '/file')()).toBe(true)
    expect(redirects.size).toBe(0)
  })

  it('goes on when half a second has passed since the redirect', async () => {
    const client = callFrom('192.168.0.1')
    redirects.remember(client, '/file')
    await clock.advance(300)
    const goesOn = mayGoOn(client, '/file')
    await clock.advance(199)
    expect(await goesOn()).toBe(false)
    await clock.advance(1)
    expect(await goesOn()).toBe(true)
    expect(await mayGoOn(client, '/file')()).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('goes on when its user may no longer look there', async () => {
    const { namespace } = namenode.services
    const root = callFrom('192.168.0.1')
    const alice = callFrom('192.168.0.1', 'alice')
    await namespace.mkdirs(root, { path: '/d', permission: 0o777, createParent: true })
    redirects.remember(alice, '/d/file')
    const goesOn = mayGoOn(alice, '/d/file')
    expect(await goesOn()).toBe(false)
    await namespace.setPermission(root, { path: '/d', permission: 0o700 })
    expect(await goesOn()).toBe(true)
  })
})

it('keeps neither another client waiting nor another path', async () => {
  redirects.remember(callFrom('192.168.0.1'), '/file')
  expect(await mayGoOn(callFrom('192.168.0.2'), '/file')()).toBe(true)
  expect(await mayGoOn(callFrom('192.168.0.1'), '/file2')()).toBe(true)
  expect(clock.pendingTimers).toBe(0)
})

describe('the number', () => {
  const open = (limits: { maxRedirects?: number; maxWaiting?: number }) => {
    redirects = new OutstandingRedirects({
      clock,
      namespace: namenode.services.namespace,
      ...limits,
    })
  }

  it('of redirects is bounded: the oldest is forgotten', async () => {
    open({ maxRedirects: 3 })
    const client = callFrom('192.168.0.1')
    for (const path of ['/1', '/2', '/1', '/3', '/4']) redirects.remember(client, path)
    expect(redirects.size).toBe(3)
    expect(await mayGoOn(client, '/2')()).toBe(true)
    expect(await mayGoOn(client, '/1')()).toBe(false)
    expect(await mayGoOn(client, '/3')()).toBe(false)
  })

  it('of redirects does not grow with those whose time is over', async () => {
    const client = callFrom('192.168.0.1')
    for (const path of ['/1', '/2', '/3']) redirects.remember(client, path)
    await clock.advance(500)
    redirects.remember(client, '/4')
    expect(redirects.size).toBe(1)
  })

  it('of waiting calls is bounded: further ones go on', async () => {
    open({ maxWaiting: 1 })
    const client = callFrom('192.168.0.1')
    redirects.remember(client, '/file')
    const first = mayGoOn(client, '/file')
    expect(await mayGoOn(client, '/file')()).toBe(true)
    expect(await first()).toBe(false)
  })
})

it('lets everybody go on when the server stops', async () => {
  const client = callFrom('192.168.0.1')
  redirects.remember(client, '/file')
  const goesOn = mayGoOn(client, '/file')
  expect(await goesOn()).toBe(false)
  redirects.close()
  expect(await goesOn()).toBe(true)
  expect(clock.pendingTimers).toBe(0)
})
