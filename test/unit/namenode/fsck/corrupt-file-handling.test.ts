/** What fsck -delete and -move do with files that have lost blocks. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type CorruptFileAction,
  CorruptFileHandling,
} from '../../../../namenode/service/inspection/corrupt-file-handling.js'
import type { FsckFile, FsckItem } from '../../../../namenode/service/inspection/fsck-model.js'
import { type NamenodeRpc, openNamenodeRpc } from '../../../support/namenode-rpc.js'
import { ROOT } from '../namespace/namespace-fixture.js'

let namenode: NamenodeRpc
beforeEach(async () => {
  namenode = await openNamenodeRpc()
})
afterEach(() => namenode.close())

const file = (path: string, change: Partial<FsckFile>): FsckFile => ({
  kind: 'file',
  path,
  lengthBytes: 1,
  replication: 1,
  owner: 'root',
  group: 'root',
  permission: 0o644,
  isOpen: false,
  storagePolicy: 'HOT',
  blocks: [],
  problems: [],
  ...change,
})

/** Checks a file that lost a block, one that is open, and one that only has too few replicas. */
async function handle(action: CorruptFileAction) {
  const { namespace } = namenode.services
  for (const name of ['lost', 'open', 'under']) {
    await namespace.mkdirs(ROOT, { path: `/d/${name}`, permission: 0o755, createParent: true })
  }
  const found: FsckItem[] = [
    file('/d/lost', { problems: ['missing'] }),
    file('/d/open', { problems: ['missing'], isOpen: true }),
    file('/d/under', { problems: ['under-replicated'] }),
  ]
  async function* check() {
    yield* found
  }
  const handling = new CorruptFileHandling({ fsck: { check }, namespace })
  const items: FsckItem[] = []
  for await (const it of handling.check(ROOT, { path: '/', strict: false, action })) items.push(it)
  expect(items).toEqual(found)
  const names = (path: string) =>
    namespace.list(ROOT, path, '', 100)?.entries.map(({ name }) => name) ?? []
  return { left: names('/d'), moved: names('/lost+found/d') }
}

describe('files that have lost blocks', () => {
  it('stay where they are when nothing else is asked', async () => {
    expect(await handle('none')).toEqual({ left: ['lost', 'open', 'under'], moved: [] })
  })

  it('are deleted when that is asked, and no others', async () => {
    expect(await handle('delete')).toEqual({ left: ['open', 'under'], moved: [] })
  })

  it('are moved under their own name to /lost+found, blocks and all', async () => {
    expect(await handle('move')).toEqual({ left: ['open', 'under'], moved: ['lost'] })
  })

  it('that cannot be moved are told of, and the others are dealt with', async () => {
    const { namespace } = namenode.services
    for (const path of ['/d/taken', '/d/free', '/lost+found/d/taken']) {
      await namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
    }
    async function* check() {
      for (const name of ['taken', 'gone', 'free']) {
        yield file(`/d/${name}`, { problems: ['missing'] })
      }
    }
    const handling = new CorruptFileHandling({ fsck: { check }, namespace })
    const told: FsckItem[] = []
    const request = { path: '/', strict: false, action: 'move' } as const
    for await (const it of handling.check(ROOT, request)) if (it.kind === 'failure') told.push(it)
    expect(told).toEqual([
      {
        kind: 'failure',
        path: '/d/taken',
        message: '/lost+found/d/taken exists: /d/taken stays where it is',
      },
      { kind: 'failure', path: '/d/gone', message: expect.stringContaining('/d/gone') },
    ])
    expect(namespace.status(ROOT, '/lost+found/d/free')).toBeDefined()
  })

  it('are not touched in safe mode: their nodes may only be late', async () => {
    await handle('none')
    namenode.blockManager.readiness = { kind: 'safe-mode', reason: 'late' }
    async function* check() {
      yield file('/d/lost', { problems: ['missing'] })
    }
    const { namespace } = namenode.services
    const handling = new CorruptFileHandling({ fsck: { check }, namespace })
    const items = handling.check(ROOT, { path: '/', strict: false, action: 'delete' })
    await items.next()
    await expect(items.next()).rejects.toMatchObject({ code: 'SAFE_MODE' })
  })
})
