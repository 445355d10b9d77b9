/** Every case of the crash table in datanode/blocks/FORMAT.md. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BlockStore } from '../../../../datanode/blocks/block-store.js'
import { recordOffset } from '../../../../datanode/blocks/meta-format.js'
import type { OpenReplica } from '../../../../datanode/blocks/replica.js'
import { openStore } from '../../../support/datanode-fixture.js'
import { flipBit } from '../../../support/flip-bit.js'
import { pattern } from '../../../support/transfer-peer.js'

const ID = 1073741855
const owner = { stop: async () => {} }

/** Writes a replica; with `syncAt` it is synced once when it has so many bytes. */
async function write(
  store: BlockStore,
  length: number,
  options: { finalize?: boolean; syncAt?: number; id?: number } = {},
): Promise<OpenReplica> {
  const { id = ID, syncAt } = options
  const replica = await store.create({
    id,
    generationStamp: 1001,
    storageId: undefined,
    sizeBytes: 0,
  })
  const writer = replica.writer!
  replica.owner = owner
  const append = async (to: number) => {
    while (writer.lengthBytes < to) {
      const step = Math.min(65_536, to - writer.lengthBytes)
      if (!writer.reserve(step)) await writer.flush()
      if (writer.reserve(step)) writer.append(pattern(writer.lengthBytes, step), undefined)
    }
    await writer.flush()
  }
  if (syncAt !== undefined) {
    await append(syncAt)
    await writer.sync()
  }
  await append(length)
  if (options.finalize) await store.finalize(replica, owner)
  return replica
}

/** A volume with one finalized and one abandoned replica, as a crash leaves them; then what `harm` does to it. */
async function afterCrash(
  options: Parameters<typeof write>[2] & { length?: number },
  harm: (paths: { data: string; meta: string; volume: string; folder: string }) => void = () => {},
) {
  const { store, folder, release } = await openStore()
  await write(store, options.length ?? 1300, options)
  const replica = store.get(ID)!
  const paths = store.pathsOf(replica)
  const volume = join(folder, 'volume1')
  // The descriptors go with the process; nothing else is done.
  if (replica.kind === 'being-written') await replica.writer!.file.close()
  release()
  harm({ ...paths, volume, folder: dirname(paths.data) })
  const reopened = await openStore({ folder })
  const quarantine = readdirSync(join(volume, 'quarantine'))
  return { ...reopened, paths, volume, quarantine }
}

async function contents(store: BlockStore, id = ID): Promise<Buffer> {
  return readFileSync(store.pathsOf(store.get(id)!).data)
}

describe('a start after a crash', () => {
  it('finds a finalized replica by its names', async () => {
    const { store, quarantine } = await afterCrash({ finalize: true })
    expect(store.get(ID)).toMatchObject({
      kind: 'finalized',
      generationStamp: 1001,
      lengthBytes: 1300,
    })
    expect(store.volumes[0]).toMatchObject({ blockCount: 1, usedBytes: 1300 })
    expect(quarantine).toEqual([])
  })

  it.each([0, 1, 512, 65_536, 65_537, 200_000])(
    'brings back %i bytes of a killed writer as being written, showing none of them',
    async (length) => {
      const { store } = await afterCrash({ length })
      const replica = store.get(ID)
      if (length === 0) expect(replica).toMatchObject({ lengthBytes: 0 })
      else
        expect(replica).toMatchObject({
          kind: 'being-written',
          lengthBytes: length,
          visibleBytes: 0,
        })
      expect((await contents(store)).equals(pattern(0, length))).toBe(true)
    },
  )

  it('cuts data that the checksums do not cover yet', async () => {
    const { store } = await afterCrash({ length: 1300 }, ({ data }) => {
      writeFileSync(data, Buffer.alloc(700, 9), { flag: 'a' })
    })
    expect((await contents(store)).equals(pattern(0, 1300))).toBe(true)
  })

  it('keeps the whole chunks when checksums are ahead of the data', async () => {
    const { store } = await afterCrash({ length: 1300 }, ({ data }) => truncateSync(data, 1200))
    expect((await contents(store)).equals(pattern(0, 1024))).toBe(true)
  })

  it('never goes below what was synced, even when everything behind it is torn', async () => {
    for (const syncAt of [700, 65_536, 70_000, 131_072]) {
      const { store } = await afterCrash({ syncAt, length: syncAt + 300 }, ({ data, meta }) => {
        // A power cut: the new bytes of the last chunk and its new record arrived in part.
        truncateSync(data, syncAt)
        flipBit(meta, recordOffset(Math.floor((syncAt + 299) / 65_536)) + 100)
      })
      expect(store.get(ID)?.lengthBytes).toBe(syncAt)
      expect((await contents(store)).equals(pattern(0, syncAt))).toBe(true)
    }
  })

  it('reads the other header slot when one is torn', async () => {
    const { store } = await afterCrash({ syncAt: 70_000, length: 70_000 }, ({ meta }) => {
      flipBit(meta, 512 + 33)
    })
    expect(store.get(ID)?.lengthBytes).toBe(70_000)
  })

  it('starts twice alike: what the first start cut is what the second finds', async () => {
    const first = await afterCrash({ length: 1300 }, ({ data }) => truncateSync(data, 1200))
    first.release()
    const { store } = await openStore({ folder: first.folder })
    expect(store.get(ID)?.lengthBytes).toBe(1024)
  })

  it('removes an empty data file without checksums, and sets aside one with bytes', async () => {
    const empty = await afterCrash({ length: 0 }, ({ meta }) => rmSync(meta))
    expect(empty.store.get(ID)).toBeUndefined()
    expect(empty.quarantine).toEqual([])
    const full = await afterCrash({ finalize: true }, ({ meta }) => rmSync(meta))
    expect(full.store.get(ID)).toBeUndefined()
    expect(full.quarantine).toHaveLength(1)
    const kept = readFileSync(join(full.volume, 'quarantine', full.quarantine[0]!))
    expect(kept.equals(pattern(0, 1300))).toBe(true)
  })

  it('removes a header without data, and sets aside checksums without data', async () => {
    const fresh = await afterCrash({ length: 0 }, ({ data }) => rmSync(data))
    expect(fresh.store.get(ID)).toBeUndefined()
    expect(fresh.quarantine).toEqual([])
    const lost = await afterCrash({ finalize: true }, ({ data }) => rmSync(data))
    expect(lost.store.get(ID)).toBeUndefined()
    expect(lost.quarantine[0]).toContain(`blk_${ID}_1001.meta`)
  })

  it('finishes a deletion', async () => {
    const { store, paths, quarantine } = await afterCrash({ finalize: true }, ({ meta }) => {
      renameSync(meta, meta.replace(/meta$/, 'deleting'))
    })
    expect(store.get(ID)).toBeUndefined()
    expect(existsSync(paths.data)).toBe(false)
    expect(readdirSync(dirname(paths.data))).toEqual([])
    expect(quarantine).toEqual([])
  })

  it('keeps the newer replica that a copy put in the place of one being deleted', async () => {
    const { store, paths } = await afterCrash({ finalize: true }, ({ folder }) => {
      writeFileSync(join(folder, `blk_${ID}_1000.deleting`), '')
    })
    expect(store.get(ID)).toMatchObject({ kind: 'finalized', generationStamp: 1001 })
    expect(readdirSync(dirname(paths.data)).some((it) => it.endsWith('.deleting'))).toBe(false)
  })

  it('sets the older of two meta files aside', async () => {
    const { store, quarantine } = await afterCrash({ finalize: true }, ({ folder }) => {
      writeFileSync(join(folder, `blk_${ID}_1000.meta`), 'x')
    })
    expect(store.get(ID)).toMatchObject({ generationStamp: 1001 })
    expect(quarantine[0]).toContain(`blk_${ID}_1000.meta`)
  })

  it('drops copies that were in flight, and nothing else in their folder', async () => {
    const { store, folder, release } = await openStore()
    const request = { id: ID, generationStamp: 1001, storageId: undefined, sizeBytes: 0 }
    const copy = await store.beginCopy(request)
    await copy.writer.file.close()
    const volume = join(folder, 'volume1')
    writeFileSync(join(volume, 'tmp', 'notes.txt'), 'mine')
    release()
    expect(readdirSync(join(volume, 'tmp'))).toHaveLength(3)
    await openStore({ folder })
    expect(readdirSync(join(volume, 'tmp'))).toEqual([])
    expect(readdirSync(join(volume, 'quarantine'))[0]).toContain('notes.txt')
  })

  it('sets aside whatever it does not recognise: names, places, links, folders', async () => {
    const { store, quarantine } = await afterCrash({ finalize: true }, ({ folder, volume }) => {
      writeFileSync(join(folder, 'blk_abc'), '1')
      writeFileSync(join(folder, 'blk_7'), 'a block of another folder')
      symlinkSync('/etc/passwd', join(folder, `blk_${ID + 1}`))
      mkdirSync(join(folder, `blk_${ID + 2}`))
      writeFileSync(join(volume, 'blocks', 'readme'), '2')
      mkdirSync(join(volume, 'blocks', 'zz'))
    })
    expect(quarantine).toHaveLength(6)
    expect(store.index.size).toBe(1)
    expect(readFileSync('/etc/passwd').length).toBeGreaterThan(0)
  })

  it('uses the newer of two replicas of a block on two volumes and sets the other aside', async () => {
    const { store, folder, release } = await openStore({ volumes: 2 })
    await write(store, 1300, { finalize: true })
    const paths = store.pathsOf(store.get(ID)!)
    const isFirst = paths.data.includes('volume1')
    const other = (path: string) =>
      isFirst ? path.replace('volume1', 'volume2') : path.replace('volume2', 'volume1')
    mkdirSync(dirname(other(paths.data)), { recursive: true })
    writeFileSync(other(paths.data), pattern(0, 1300))
    writeFileSync(other(paths.meta).replace('_1001.', '_1005.'), readFileSync(paths.meta))
    release()
    const reopened = await openStore({ folder, volumes: 2 })
    expect(reopened.store.get(ID)).toMatchObject({ generationStamp: 1005 })
    expect(existsSync(paths.data)).toBe(false)
    const quarantined = [1, 2].flatMap((it) =>
      readdirSync(join(folder, `volume${it}`, 'quarantine')),
    )
    expect(quarantined).toHaveLength(2)
  })
})
