import { afterEach, describe, expect, it } from 'vitest'
import { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import { systemClock } from '../../../../shared/clock.js'
import { DfsError } from '../../../../shared/errors.js'
import { IpcServer, rpcMethod } from '../../../../shared/hadoop/ipc-server.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../../../shared/hadoop/schema/client-protocol.js'
import { silentLog } from '../../../../shared/log.js'
import { systemNetwork } from '../../../../shared/network.js'
import { systemRandom } from '../../../../shared/random.js'

const seams = { clock: systemClock, network: systemNetwork, random: systemRandom, log: silentLog }

describe('smoke', () => {
  it('works', async () => {
    const server = new IpcServer({
      seams,
      protocols: {
        [CLIENT_PROTOCOL_NAME]: {
          delete: rpcMethod(CLIENT_PROTOCOL.delete, ({ src }) => ({ result: src === '/a' })),
          mkdirs: rpcMethod(CLIENT_PROTOCOL.mkdirs, async ({ src }) => {
            throw new DfsError('NOT_FOUND', `no ${src}`)
          }),
        },
      },
    })
    const listener = await server.listen({ host: '127.0.0.1', port: 0 })
    const client = new NamenodeClient({
      seams,
      address: { host: '127.0.0.1', port: listener.port },
      user: 'alice',
      timeoutMs: 5000,
    })
    expect(await client.delete({ src: '/a', recursive: false })).toEqual({ result: true })
    await expect(
      client.mkdirs({ src: '/x', masked: { perm: 0 }, createParent: true }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'no /x' })
    await expect(client.rename({ src: '/x', dst: '/y' })).rejects.toMatchObject({
      code: 'NO_SUCH_METHOD',
    })
    client.close()
    await server.close()
  })
})
