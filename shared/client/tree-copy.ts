/**
 * Copies whole trees, several files at once: into the cluster, out of it, and within or between clusters. A directory
 * is made before anything in it; directories that exist are merged into.
 */
import type { Stats } from 'node:fs'
import { lstat, mkdir, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../errors.js'
import { forEachBounded } from './bounded-pool.js'
import { listTree } from './directory-reads.js'
import type { FileStatus } from './file-status.js'
import type { NamenodeCalls } from './namenode-calls.js'

/** How many files of a tree move at a time unless told: enough to hide latency, few enough to keep memory small. */
export const DEFAULT_CONCURRENCY = 4

export interface TreeEntry {
  /** Below the root of the tree, with `/` between the components; empty for the root itself. */
  readonly relativePath: string
  readonly kind: 'file' | 'directory'
  readonly lengthBytes: number
  /** Of an entry of the cluster. */
  readonly status?: FileStatus
}

export interface TreeCopy {
  readonly entries: AsyncIterable<TreeEntry>
  readonly concurrency: number
  readonly makeDirectory: (entry: TreeEntry) => Promise<void>
  readonly copyFile: (entry: TreeEntry) => Promise<void>
  /** Called for what failed; the copy goes on with the rest. Without it, the first failure ends the copy. */
  readonly onError?: ((error: unknown, entry: TreeEntry) => Promise<void> | void) | undefined
}

/**
 * Walks `entries` in order and copies the files with bounded concurrency. Where a directory could not be made, what lies
 * below it is left out.
 */
export async function copyTree(copy: TreeCopy): Promise<void> {
  const failedFolders: string[] = []
  const attempt = async (entry: TreeEntry, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      if (copy.onError === undefined) throw error
      await copy.onError(error, entry)
      return false
    }
  }
  async function* files(): AsyncGenerator<TreeEntry> {
    for await (const entry of copy.entries) {
      const path = entry.relativePath
      if (failedFolders.some((folder) => folder === '' || path.startsWith(`${folder}/`))) continue
      if (entry.kind === 'file') yield entry
      else if (!(await attempt(entry, () => copy.makeDirectory(entry)))) failedFolders.push(path)
    }
  }
  await forEachBounded(files(), copy.concurrency, async (entry) => {
    await attempt(entry, () => copy.copyFile(entry))
  })
}

/**
 * A local file or folder and what it holds, each folder before its content. Symbolic links are followed to files, and
 * to folders only for `root` itself: a link to a parent would never end.
 */
export async function* localTree(root: string): AsyncGenerator<TreeEntry> {
  const status = await stat(root)
  if (!status.isDirectory()) {
    yield { relativePath: '', kind: 'file', lengthBytes: status.size }
    return
  }
  yield { relativePath: '', kind: 'directory', lengthBytes: 0 }
  const waiting = ['']
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const { name } of await opendir(join(root, folder))) {
      const relativePath = folder === '' ? name : `${folder}/${name}`
      const path = join(root, relativePath)
      const link = await lstat(path)
      const target = link.isSymbolicLink() ? await followLink(path) : link
      if (target === undefined) yield { relativePath, kind: 'file', lengthBytes: 0 }
      else if (link.isDirectory()) {
        yield { relativePath, kind: 'directory', lengthBytes: 0 }
        waiting.push(relativePath)
      } else if (target.isFile()) yield { relativePath, kind: 'file', lengthBytes: target.size }
    }
  }
}

/** undefined when the link leads nowhere: its copy then fails by itself, and the rest of the tree goes on. */
async function followLink(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined
    throw error
  }
}

/** A file or directory of the cluster and what it holds. */
export async function* remoteTree(
  namenode: Pick<NamenodeCalls, 'getListing'>,
  root: FileStatus,
  signal?: AbortSignal,
): AsyncGenerator<TreeEntry> {
  yield toEntry(root, '')
  if (root.kind !== 'directory') return
  const skip = root.path === '/' ? 1 : root.path.length + 1
  for await (const status of listTree(namenode, root.path, signal)) {
    yield toEntry(status, status.path.slice(skip))
  }
}

const toEntry = (status: FileStatus, relativePath: string): TreeEntry => ({
  relativePath,
  kind: status.kind === 'directory' ? 'directory' : 'file',
  lengthBytes: status.lengthBytes,
  status,
})

/** Makes a local folder unless it is there. */
export async function makeLocalFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
}
