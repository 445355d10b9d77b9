/** A datanode killed in the middle of an upload of 300 MiB over WebHDFS: the client notices nothing, and every byte is there. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { content } from '../support/content.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { BRISK } from '../support/test-cluster.js'
import { exchange, inTwoSteps, webhdfsUrl } from '../support/webhdfs-client.js'

const MEBIBYTE = 2 ** 20
const PIECE = content(1, MEBIBYTE)
const PIECES = 300
const KILL_AFTER_PIECES = 100

it('survives the loss of a datanode', { timeout: 300_000 }, async () => {
  const cluster = await ProcessCluster.start({
    datanodes: 4,
    settings: { ...BRISK, 'block.size': '32MiB' },
  })
  onTestFinished(() => cluster.stop())
  const sent = createHash('sha256')
  const create = webhdfsUrl(cluster.httpUrl, '/big', 'CREATE', { replication: '2' })
  const { headers } = await exchange('PUT', create)
  const target = headers.location ?? ''

  async function* body(): AsyncGenerator<Buffer> {
    for (let index = 0; index < PIECES; index += 1) {
      if (index === KILL_AFTER_PIECES) await killSomebodyElse()
      // Different in every piece: one that is lost or doubled shows.
      const piece = Buffer.from(PIECE)
      piece.writeUInt32BE(index)
      sent.update(piece)
      yield piece
    }
  }
  /** A node of the pipeline now being written, but not the one that receives the body. */
  async function killSomebodyElse(): Promise<void> {
    const block = (await cluster.blocks('/big')).at(-1)
    const victim = cluster.datanodes.find(
      ({ uuid, addresses }) =>
        block?.datanodes.includes(uuid) && addresses['httpPort'] !== Number(new URL(target).port),
    )
    if (victim === undefined) throw new Error('the pipeline has no other node')
    await victim.kill()
  }

  const created = await exchange('PUT', target, Readable.from(body()))
  expect(created.status).toBe(201)
  const read = await inTwoSteps('GET', webhdfsUrl(cluster.httpUrl, '/big', 'OPEN'))
  expect(read.body.length).toBe(PIECES * MEBIBYTE)
  expect(createHash('sha256').update(read.body).digest('hex')).toBe(sent.digest('hex'))
})
