/** Writers with odd habits: block sizes that fit no chunk, single bytes, and readers who watch them. */
import { expect, it } from 'vitest'
import { content } from '../support/content.js'
import { expectHealed } from '../support/replica-files.js'
import { startTestCluster } from '../support/test-cluster.js'

const FILE = '/file.bin'

it('a block size that is no multiple of a chunk is kept to the byte', async () => {
  const cluster = await startTestCluster('in-process', { datanodes: 3 })
  const client = cluster.client()
  const blockSizeBytes = 1_050_000
  const bytes = content(21, 2 * blockSizeBytes + 77)
  await client.writeFile(FILE, bytes.subarray(0, blockSizeBytes + 5), { blockSizeBytes })
  const file = await client.append(FILE)
  await file.write(bytes.subarray(blockSizeBytes + 5))
  await file.close()
  await expectHealed(cluster, FILE, bytes)
  const lengths = (await cluster.blocks(FILE)).map((it) => it.lengthBytes)
  expect(lengths).toEqual([blockSizeBytes, blockSizeBytes, 77])
  expect(await client.truncate(FILE, blockSizeBytes + 513, { wait: true })).toBe(true)
  await expectHealed(cluster, FILE, bytes.subarray(0, blockSizeBytes + 513))
})

it('every single byte that was flushed is seen by a reader, across chunks and appends', async () => {
  const cluster = await startTestCluster('in-process', { datanodes: 3 })
  const client = cluster.client()
  const reader = cluster.client()
  const bytes = content(22, 1_100)
  let length = 500
  await client.writeFile(FILE, bytes.subarray(0, length))
  for (const until of [515, 530, 1_030]) {
    const file = await client.append(FILE)
    await file.write(bytes.subarray(length, until - 10))
    for (length = until - 10; length < until; length += 1) {
      await file.write(bytes.subarray(length, length + 1))
      await file.hflush()
      expect((await reader.readFile(FILE)).equals(bytes.subarray(0, length + 1))).toBe(true)
    }
    await file.close()
  }
  await expectHealed(cluster, FILE, bytes.subarray(0, length))
})

it('twenty appends, with a datanode lost before every fifth, lose nothing', async () => {
  const cluster = await startTestCluster('in-process', { datanodes: 4 })
  const client = cluster.client()
  const bytes = content(23, 20 * 1_999)
  await client.writeFile(FILE, new Uint8Array(), { blockSizeBytes: 16_384 })
  for (let round = 0; round < 20; round += 1) {
    const victim = round % 5 === 4 ? cluster.datanodes[round % 4] : undefined
    await victim?.kill()
    const file = await client.append(FILE)
    await file.write(bytes.subarray(round * 1_999, (round + 1) * 1_999))
    await file.close()
    await victim?.start()
  }
  await expectHealed(cluster, FILE, bytes)
})
