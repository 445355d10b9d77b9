/**
 * Clients that vanish at every byte of a good conversation, and clients that send garbage, on every face: nothing
 * crashes, nothing stays open, nothing is logged as a failure of ours, and the next good request works.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../shared/random.js'
import {
  connected,
  FACE_NAMES,
  type HostileCluster,
  startHostileCluster,
  vanishAfter,
} from '../support/hostile-cluster.js'

let hostile: HostileCluster
let stop = async () => {}
beforeAll(async () => {
  hostile = await startHostileCluster({}, (close) => {
    stop = close
  })
})
afterAll(() => stop())

const AT_A_TIME = 16
const GARBAGE_ROUNDS = 60

describe.each(FACE_NAMES)('the %s face', (name) => {
  it.each(['end', 'reset'] as const)(
    'survives clients that vanish at every byte (%s)',
    async (how) => {
      const { port, request } = hostile.faces[name]
      const lengths = Array.from({ length: request.length + 1 }, (_, index) => index)
      for (let at = 0; at < lengths.length; at += AT_A_TIME) {
        const some = lengths.slice(at, at + AT_A_TIME)
        await Promise.all(some.map((count) => vanishAfter(port, request.subarray(0, count), how)))
      }
      await hostile.good(name)
      await hostile.expectNothingOpen()
      expect(hostile.failures).toEqual([])
    },
  )

  it('takes a good conversation that comes byte by byte', async () => {
    const { port, request, isAnswered } = hostile.faces[name]
    const socket = await connected(port)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
    })
    for (const byte of request) {
      await new Promise<void>((resolve) => socket.write(Buffer.from([byte]), () => resolve()))
    }
    await expect.poll(() => isAnswered(received), { timeout: 20_000 }).toBe(true)
    socket.destroy()
    await hostile.expectNothingOpen()
  })

  it('survives garbage, alone and behind a good beginning', async () => {
    const { port, request } = hostile.faces[name]
    const random = seededRandom(20261121)
    for (let round = 0; round < GARBAGE_ROUNDS; round += 1) {
      const good = request.subarray(0, random.below(request.length + 1))
      const garbage = random.bytes(1 + random.below(2000))
      const sent = round % 2 === 0 ? [good, garbage] : [garbage]
      await vanishAfter(port, Buffer.concat(sent), 'end')
    }
    await hostile.good(name)
    await hostile.expectNothingOpen()
    expect(hostile.failures).toEqual([])
  })
})
