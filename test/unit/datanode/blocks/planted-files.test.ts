/** What somebody with a hand in the folder of a volume may put in the place of a replica's files (hostile input 49). */
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { confirmDamage } from '../../../../datanode/transfer/damage.js'
import { Status } from '../../../../shared/hadoop/schema/data-transfer.js'
import { openStore, startNode } from '../../../support/datanode-fixture.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { pattern, TransferPeer, writeBlock } from '../../../support/transfer-peer.js'

const ID = 1073741855
const SECRET = 'a file of somebody else'

/** A file outside of the volume. */
function foreignFile(contents: string | Buffer = SECRET): string {
  const path = join(temporaryFolder(), 'foreign')
  writeFileSync(path, contents)
  return path
}

/** What is put at a path, where there was a file with these contents. */
type Plant = (path: string, before: Buffer) => void

const PLANTS: readonly (readonly [string, Plant])[] = [
  ['a link to a file of somebody else', (path) => symlinkSync(foreignFile(), path)],
  ['a link to the good file elsewhere', (path, before) => symlinkSync(foreignFile(before), path)],
  ['a link to a device that never ends', (path) => symlinkSync('/dev/zero', path)],
  ['a folder', (path) => mkdirSync(path)],
  ['a named pipe that nobody writes to', (path) => execFileSync('mkfifo', [path])],
  ['a Unix socket that nobody serves', plantSocket],
]

/** Left behind by a process that ends without closing it; bound by its name alone, since paths of sockets are short. */
function plantSocket(path: string): void {
  const script = "require('net').createServer().listen(process.argv[1], () => process.exit())"
  execFileSync(process.execPath, ['-e', script, basename(path)], { cwd: dirname(path) })
}

describe.each(['data', 'meta'] as const)('in the place of the %s file', (which) => {
  it.each(PLANTS)('%s is not read, and the replica is reported', async (_name, plant) => {
    const node = await startNode()
    await writeBlock(node.port, ID, pattern(0, 1000))
    const replica = node.store.get(ID)
    if (replica === undefined) throw new Error('the block was written')
    const path = node.store.pathsOf(replica)[which]
    const before = readFileSync(path)
    rmSync(path)
    plant(path, before)
    const peer = await TransferPeer.connect(node.port)
    peer.readOperation(ID, 0, 1000)
    expect((await peer.response()).status).not.toBe(Status.SUCCESS)
    expect(await confirmDamage(node.context, replica, 0)).toBe(true)
    expect(node.events.kinds()).toContain('corrupt')
    await writeBlock(node.port, ID + 1, pattern(0, 1000))
    expect(replica.volume.hasFailed).toBe(false)
  })
})

it('a file of somebody else behind a link outlives the deletion of the replica', async () => {
  const node = await startNode()
  await writeBlock(node.port, ID, pattern(0, 1000))
  const replica = node.store.get(ID)
  if (replica === undefined) throw new Error('the block was written')
  const foreign = foreignFile()
  const { data } = node.store.pathsOf(replica)
  rmSync(data)
  symlinkSync(foreign, data)
  await node.store.delete(ID, replica.generationStamp, replica.volume.storageId)
  expect(node.store.get(ID)).toBeUndefined()
  expect(readFileSync(foreign, 'utf8')).toBe(SECRET)
})

it('a second name of a finalized file keeps what it names, whatever becomes of the block', async () => {
  const node = await startNode()
  await writeBlock(node.port, ID, pattern(0, 1000))
  const replica = node.store.get(ID)
  if (replica === undefined) throw new Error('the block was written')
  const elsewhere = join(temporaryFolder(), 'second-name')
  linkSync(node.store.pathsOf(replica).data, elsewhere)
  await node.store.delete(ID, replica.generationStamp, replica.volume.storageId)
  await writeBlock(node.port, ID, pattern(7, 500))
  expect(readFileSync(elsewhere).equals(pattern(0, 1000))).toBe(true)
})

it.each(PLANTS)('%s with a name of ours is set aside at the next start', async (_name, plant) => {
  const { store, folder, release } = await openStore()
  const [volume] = store.volumes
  if (volume === undefined) throw new Error('a store has a volume')
  const at = store.pathsOf({
    id: ID,
    generationStamp: 1,
    kind: 'finalized',
    lengthBytes: 0,
    volume,
  })
  mkdirSync(at.folder, { recursive: true })
  plant(at.data, Buffer.from(SECRET))
  plant(at.meta, Buffer.from(SECRET))
  release()
  const again = await openStore({ folder })
  expect(again.store.index.size).toBe(0)
  expect(again.store.volumes[0]?.hasFailed).toBe(false)
})
