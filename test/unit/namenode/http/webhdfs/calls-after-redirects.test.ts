import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../../../../support/fake-clock.js'
import {
  type NamenodeWebhdfs,
  openNamenodeWebhdfs,
  type WebhdfsReply,
} from '../../../../support/namenode-webhdfs.js'
import { createArguments } from '../../namespace/namespace-fixture.js'

let clock: FakeClock
let namenode: NamenodeWebhdfs
beforeEach(async () => {
  clock = new FakeClock()
  namenode = await openNamenodeWebhdfs({ clock })
})
afterEach(() => namenode.close())

/** What the datanode's own client does. */
const call = () => ({
  principal: namenode.services.principals.principal('root'),
  requestId: undefined,
  clientAddress: '10.0.0.1',
  localAddress: '',
})
const reference = { path: '/c', fileId: undefined, holder: 'H1' }

/** A call that is already waiting, when it has to. */
async function started(method: 'GET' | 'PUT', url: string) {
  let reply: WebhdfsReply | undefined
  const whole = namenode.ask(method, url).then((it) => {
    reply = it
    return it
  })
  await namenode.ask('GET', '/?op=GETFILESTATUS')
  await clock.settle()
  return { whole, isAnswered: () => reply !== undefined }
}

it.each(['', '&noredirect=true'])('see the file that a CREATE is about to make%s', async (word) => {
  await namenode.ask('PUT', `/c?op=CREATE&user.name=root${word}`)
  const looked = await started('GET', '/c?op=GETFILESTATUS')
  const renamed = await started('PUT', '/c?op=RENAME&destination=/d&user.name=root')
  expect([looked.isAnswered(), renamed.isAnswered()]).toEqual([false, false])
  await namenode.services.namespace.create(call(), createArguments('/c'))
  expect((await looked.whole).status).toBe(200)
  expect((await renamed.whole).json()).toEqual({ boolean: true })
})

it('see the file that an APPEND is about to open', async () => {
  const { namespace } = namenode.services
  await namespace.create(call(), createArguments('/c'))
  await namespace.completeFile(call(), { ...reference, last: undefined })
  expect((await namenode.ask('POST', '/c?op=APPEND&user.name=root')).status).toBe(307)
  const renamed = await started('PUT', '/c?op=RENAME&destination=/d&user.name=root')
  expect(renamed.isAnswered()).toBe(false)
  await namespace.append(call(), { ...reference, newBlock: false })
  expect((await renamed.whole).json()).toEqual({ boolean: true })
  expect(clock.pendingTimers).toBe(0)
})

it('are answered when no datanode is asked', async () => {
  await namenode.ask('PUT', '/c?op=CREATE&user.name=root')
  const looked = await started('GET', '/c?op=GETFILESTATUS')
  await clock.advance(499)
  expect(looked.isAnswered()).toBe(false)
  await clock.advance(1)
  expect((await looked.whole).status).toBe(404)
})

it('do not wait for a CREATE that was refused', async () => {
  await namenode.services.namespace.create(call(), createArguments('/c'))
  expect((await namenode.ask('PUT', '/c?op=CREATE&user.name=root')).status).toBe(403)
  expect((await namenode.ask('GET', '/c?op=GETFILESTATUS')).status).toBe(200)
})

it('are answered when the namenode stops', async () => {
  await namenode.ask('PUT', '/c?op=CREATE&user.name=root')
  const looked = await started('GET', '/c?op=GETFILESTATUS')
  expect(looked.isAnswered()).toBe(false)
  await namenode.close()
  expect((await looked.whole).status).toBe(404)
})
