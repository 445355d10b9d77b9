/** What content summaries count beside the current tree; `test/interop` has the same beside Apache's own answers. */
import { describe, expect, it } from 'vitest'
import { fullSummary } from '../../../../namenode/service/namespace/full-summary.js'
import type { StoredNamespace } from '../../../../namenode/service/namespace/namespace-facade.js'
import type { SnapshotContent } from '../../../../namenode/service/namespace/snapshots/snapshots.js'
import { ROOT, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

const NOTHING: SnapshotContent = {
  lengthBytes: 0,
  fileCount: 0,
  directoryCount: 0,
  spaceConsumedBytes: 0,
  keptOfFilesBytes: 0,
}
/** Of files with three replicas. */
const files = (fileCount: number, lengthBytes: number, directoryCount = 0): SnapshotContent => ({
  ...NOTHING,
  fileCount,
  directoryCount,
  lengthBytes,
  spaceConsumedBytes: 3 * lengthBytes,
})

// What is kept for undo waits with its rows as they were; what is not is taken apart.
describe.each([0, 60_000])('with deletions kept for %d ms, a summary', (keepDeletedMs) => {
  let namespace: StoredNamespace

  namespaceForEach(
    async (fixture) => {
      namespace = fixture.namespace
      await mkdirs('/d/sub/deep', '/plain')
      await writeFile(namespace, '/d/one', [1])
      await writeFile(namespace, '/d/sub/two', [20])
      await writeFile(namespace, '/d/sub/deep/three', [300])
      await namespace.allowSnapshot(ROOT, { path: '/d' })
    },
    { keepDeletedMs },
  )

  async function mkdirs(...paths: readonly string[]) {
    for (const path of paths) {
      await namespace.mkdirs(ROOT, { path, permission: 0o755, createParent: true })
    }
  }
  const take = (name: string) => namespace.createSnapshot(ROOT, { path: '/d', name })
  const rename = (from: string, to: string) => namespace.rename(ROOT, { from, to })
  const only = (path: string) => namespace.snapshotContent(ROOT, path)

  async function remove(path: string) {
    await namespace.delete(ROOT, { path, recursive: true })
    while (await namespace.purgeDeletedTrees(100));
  }

  async function forget(name: string) {
    await namespace.deleteSnapshot(ROOT, { path: '/d', name })
    while (await namespace.freeSnapshots(100));
  }

  it('is the current tree where no snapshot shows anything else', async () => {
    expect(await only('/')).toEqual(NOTHING)
    await remove('/d/one')
    await take('s1')
    await writeFile(namespace, '/d/new', [5])
    await remove('/d/new')
    for (const path of ['/', '/d', '/d/sub', '/plain', '/d/.snapshot/s1']) {
      expect(await only(path)).toEqual(NOTHING)
    }
  })

  it('has what was deleted from a directory, and from those below', async () => {
    await take('s1')
    await remove('/d/sub/deep/three')
    for (const path of ['/', '/d', '/d/sub', '/d/sub/deep']) {
      expect(await only(path)).toEqual(files(1, 300))
    }
    await remove('/d/one')
    expect(await only('/d')).toEqual(files(2, 301))
    expect(await only('/d/sub')).toEqual(files(1, 300))
    expect(await only('/plain')).toEqual(NOTHING)
    expect(await only('/d/.snapshot/s1')).toEqual(NOTHING)
    expect(await fullSummary(namespace, ROOT, '/d')).toMatchObject({
      fileCount: 3,
      directoryCount: 3,
      lengthBytes: 321,
      spaceConsumedBytes: 963,
      onlyInSnapshots: files(2, 301),
    })
  })

  it('has a deleted tree as the last snapshot saw it, and what earlier ones saw in it besides', async () => {
    await take('s1')
    await remove('/d/sub/two')
    await writeFile(namespace, '/d/sub/second', [800])
    await take('s2')
    await writeFile(namespace, '/d/sub/late', [9])
    await remove('/d/sub/deep/three')
    await remove('/d/sub')
    expect(await only('/d')).toEqual(files(3, 1120, 2))
    await forget('s1')
    expect(await only('/d')).toEqual(files(2, 1100, 2))
    await forget('s2')
    expect(await only('/d')).toEqual(NOTHING)
  })

  it('counts once what several snapshots show, with the length of the last', async () => {
    await take('s1')
    await namespace.setPermission(ROOT, { path: '/d/one', permission: 0o600 })
    await take('s2')
    await namespace.setPermission(ROOT, { path: '/d/one', permission: 0o644 })
    await remove('/d/one')
    expect(await only('/d')).toEqual(files(1, 1))
  })

  it('has what was renamed at its old place too, as HDFS has it, and what was deleted in it where it is now', async () => {
    await take('s1')
    await remove('/d/sub/deep/three')
    await rename('/d/sub', '/d/sub2')
    expect(await only('/d')).toEqual(files(3, 320 + 300, 2))
    expect(await only('/d/sub2')).toEqual(files(1, 300))
    await rename('/d/sub2', '/plain/sub')
    expect(await only('/d')).toEqual(files(2, 320, 2))
    expect(await only('/plain')).toEqual(files(1, 300))
    await rename('/plain/sub', '/d/sub')
    expect(await only('/d/sub')).toEqual(files(1, 300))
  })

  it('finds what was deleted in a directory that moved into a deleted one', async () => {
    await mkdirs('/d/into')
    await take('s1')
    await remove('/d/sub/two')
    await rename('/d/sub', '/d/into/sub')
    await take('s2')
    await remove('/d/into')
    // /d/sub of s1 at its old place, /d/into of s2, and /d/into/sub/two that neither has.
    expect(await only('/d')).toEqual(files(4, 320 + 300 + 20, 2 + 3))
  })

  it('has blocks and replicas that only snapshots show with the files that are still there', async () => {
    await writeFile(namespace, '/d/cut', [1000, 500])
    await take('s1')
    const holder = 'H1'
    await namespace.truncate(ROOT, { path: '/d/cut', newLengthBytes: 1000, holder })
    expect(await only('/d/cut')).toEqual({ ...NOTHING, keptOfFilesBytes: 1500 })
    await namespace.setReplication(ROOT, { path: '/d/cut', replication: 1 })
    expect(await only('/d')).toEqual({ ...NOTHING, keptOfFilesBytes: 4500 - 1000 })
    expect((await fullSummary(namespace, ROOT, '/d/cut')).spaceConsumedBytes).toBe(4500)
    await forget('s1')
    expect(await only('/d/cut')).toEqual(NOTHING)
  })

  it('has what snapshots keep of a file where that is now, and the file as it was shown where it was', async () => {
    await writeFile(namespace, '/d/cut', [1000, 500])
    await take('s1')
    const holder = 'H1'
    await namespace.truncate(ROOT, { path: '/d/cut', newLengthBytes: 1000, holder })
    const kept = { ...NOTHING, keptOfFilesBytes: 1500 }
    await rename('/d/cut', '/d/sub/cut')
    expect(await only('/d/sub')).toEqual(kept)
    expect(await only('/d')).toEqual({ ...files(1, 1500), keptOfFilesBytes: 1500 })
    await rename('/d/sub/cut', '/plain/cut')
    expect(await only('/d/sub')).toEqual(NOTHING)
    expect(await only('/d')).toEqual(files(1, 1500))
    expect(await only('/plain')).toEqual(kept)
    await take('s2')
    await rename('/plain', '/d/plain')
    expect(await only('/d')).toEqual({ ...files(1, 1500), keptOfFilesBytes: 1500 })
    // It is cut again where no snapshot shows it.
    await namespace.truncate(ROOT, { path: '/d/plain/cut', newLengthBytes: 0, holder })
    expect(await only('/d/plain')).toEqual({ ...NOTHING, keptOfFilesBytes: 4500 })
    await remove('/d/plain/cut')
    expect(await only('/d/plain')).toEqual(NOTHING)
    expect(await only('/d')).toEqual(files(1, 1500))
  })
})

describe('a summary of much', () => {
  let namespace: StoredNamespace

  namespaceForEach(async (fixture) => {
    namespace = fixture.namespace
    await namespace.mkdirs(ROOT, { path: '/d', permission: 0o755, createParent: true })
    await namespace.allowSnapshot(ROOT, { path: '/d' })
  })

  it('goes on where it was when other work had its turn', async () => {
    const paths = Array.from({ length: 600 }, (_, index) => `/d/f${index}`)
    await Promise.all(paths.map((path) => writeFile(namespace, path, [])))
    await namespace.createSnapshot(ROOT, { path: '/d', name: 's1' })
    await Promise.all(paths.map((path) => namespace.delete(ROOT, { path, recursive: false })))
    const order: string[] = []
    const other = new Promise<void>((resolve) => {
      setImmediate(() => {
        order.push('other work')
        resolve()
      })
    })
    const content = namespace.snapshotContent(ROOT, '/').finally(() => order.push('summary'))
    expect(await content).toEqual(files(600, 0))
    await other
    expect(order).toEqual(['other work', 'summary'])
  })
})
