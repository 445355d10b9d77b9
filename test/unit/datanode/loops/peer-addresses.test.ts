import { describe, expect, it } from 'vitest'
import { PeerAddresses } from '../../../../datanode/loops/peer-addresses.js'
import { DfsError } from '../../../../shared/errors.js'
import { silentLog } from '../../../../shared/log.js'
import { FakeClock } from '../../../support/fake-clock.js'

/** As a client names it: at the address that the client was told. */
const PEER = {
  id: {
    ipAddr: '203.0.113.7',
    hostName: 'gateway',
    datanodeUuid: 'peer',
    xferPort: 19866,
    infoPort: 0,
    ipcPort: 0,
  },
}

function peers(answer: () => { host: string; port: number }) {
  const clock = new FakeClock()
  const asked: unknown[] = []
  const session = {
    ask: async (_path: string, body: object) => {
      asked.push(body)
      // What the schema of the reply would give; the reply's type is the caller's.
      return { epoch: 1, ...answer() } as never
    },
  }
  return { clock, asked, peers: new PeerAddresses(session, { clock, log: silentLog }) }
}

describe('a peer', () => {
  it('is found where the namenode says, and asked for once in a while', async () => {
    const it = peers(() => ({ host: '10.0.0.2', port: 9866 }))
    expect(await it.peers.find(PEER)).toEqual({ host: '10.0.0.2', port: 9866 })
    await it.peers.find(PEER)
    expect(it.asked).toEqual([{ peerUuid: 'peer' }])
    await it.clock.advance(61_000)
    await it.peers.find(PEER)
    expect(it.asked).toHaveLength(2)
  })

  it('that was not met is asked for anew', async () => {
    let port = 9866
    const it = peers(() => ({ host: '10.0.0.2', port }))
    await it.peers.find(PEER)
    port = 9999
    it.peers.forget(PEER)
    expect(await it.peers.find(PEER)).toEqual({ host: '10.0.0.2', port: 9999 })
  })

  it('is where it was last while the namenode does not answer; it is not asked each time', async () => {
    let isAway = false
    const it = peers(() => {
      if (isAway) throw new DfsError('TIMEOUT', 'no answer')
      return { host: '10.0.0.2', port: 9866 }
    })
    await it.peers.find(PEER)
    isAway = true
    it.peers.forget(PEER)
    expect(await it.peers.find(PEER)).toEqual({ host: '10.0.0.2', port: 9866 })
    expect(await it.peers.find(PEER)).toEqual({ host: '10.0.0.2', port: 9866 })
    expect(it.asked).toHaveLength(2)
    await it.clock.advance(6_000)
    await it.peers.find(PEER)
    expect(it.asked).toHaveLength(3)
  })

  it.each([
    ['that the namenode does not know', 'NOT_FOUND'],
    ['that the namenode does not tell of', 'TIMEOUT'],
  ] as const)('%s is refused, wherever the client says it is', async (_name, code) => {
    const it = peers(() => {
      throw new DfsError(code, 'no')
    })
    await expect(it.peers.find(PEER)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it.each([
    ['no UUID', ''],
    ['a UUID of 1000 letters', 'a'.repeat(1000)],
  ])('with %s is refused without a question', async (_name, datanodeUuid) => {
    const it = peers(() => ({ host: '10.0.0.2', port: 9866 }))
    const odd = { id: { ...PEER.id, datanodeUuid } }
    await expect(it.peers.find(odd)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(it.asked).toEqual([])
  })
})
