/**
 * A lost reply, seen from the wire: the client sends the same call again, with its client id and call id, on another
 * connection and after a restart of the namenode. It gets its first answer, and nothing happens twice (reference 1.6).
 */
import { expect, it } from 'vitest'
import { NamenodeClient } from '../../../../shared/client/namenode-client.js'
import { silentLog } from '../../../../shared/log.js'
import { seededRandom } from '../../../../shared/random.js'
import { systemSeams } from '../../../../shared/system-seams.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** Clients of one seed choose the same client id, and number their calls from the same start. */
function client(port: number, seed: number): NamenodeClient {
  return new NamenodeClient({
    seams: { ...systemSeams(silentLog), random: seededRandom(seed) },
    address: { host: '127.0.0.1', port },
    user: 'root',
    timeoutMs: 10_000,
  })
}

const create = (it: NamenodeClient, src: string) =>
  it.create({
    src,
    masked: { perm: 0o644 },
    clientName: 'w',
    createFlag: 1,
    createParent: true,
    replication: 1,
    blockSize: 1024,
  })

/** A closed file with one block of 500 bytes. */
async function put(it: NamenodeClient, src: string): Promise<void> {
  await create(it, src)
  const { block } = await it.addBlock({ src, clientName: 'w' })
  await it.complete({ src, clientName: 'w', last: { ...block.b, numBytes: 500 } })
}

const unchanged = async () => undefined

type Act = (it: NamenodeClient) => Promise<unknown>
/** What undoes or hides the effect of the call, so that doing it again would answer something else. */
const CALLS: readonly (readonly [string, Act, Act])[] = [
  ['create', (it) => create(it, '/new'), unchanged],
  ['append', (it) => it.append({ src: '/empty', clientName: 'w' }), unchanged],
  ['delete', (it) => it.delete({ src: '/a', recursive: false }), unchanged],
  ['rename', (it) => it.rename({ src: '/a', dst: '/c' }), unchanged],
  ['rename2', (it) => it.rename2({ src: '/a', dst: '/b', overwriteDest: true }), unchanged],
  ['concat', (it) => it.concat({ trg: '/a', srcs: ['/b'] }), unchanged],
  [
    'truncate',
    (it) => it.truncate({ src: '/a', newLength: 0, clientName: 'w' }),
    (it) => it.delete({ src: '/a', recursive: false }),
  ],
]

it.each(CALLS)('%s', async (_name, act, disturb) => {
  const folder = temporaryFolder()
  const start = () => openNamenodeRpc({ folder })
  const within = async <T>(
    namenode: NamenodeRpc,
    seed: number,
    work: (it: NamenodeClient) => T,
  ) => {
    const caller = client(namenode.port, seed)
    try {
      return await work(caller)
    } finally {
      caller.close()
    }
  }
  let namenode = await start()
  try {
    await within(namenode, 1, async (it) => {
      await put(it, '/a')
      await put(it, '/b')
      await create(it, '/empty')
      await it.complete({ src: '/empty', clientName: 'w' })
    })
    const first = await within(namenode, 2, act)
    await within(namenode, 3, disturb)
    const { namespace } = namenode.services
    const before = namespace.totals()
    expect(await within(namenode, 2, act)).toEqual(first)
    await namenode.close()
    namenode = await start()
    expect(await within(namenode, 2, act)).toEqual(first)
    expect(namenode.services.namespace.totals()).toEqual(before)
  } finally {
    await namenode.close()
  }
})
