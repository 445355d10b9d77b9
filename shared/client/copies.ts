/** Copies of files and trees between the local disk and clusters: what `DfsClient.upload`, `download` and `copy` do. */
import type { Stats } from 'node:fs'
import { chmod, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from './atomic-write.js'
import { type CreateOptions, DEFAULT_FILE_PERMISSION } from './client-options.js'
import type { ClientParts } from './client-parts.js'
import type { DfsClient } from './dfs-client.js'
import type { FileStatus } from './file-status.js'
import { receiveLocalFile, sendLocalFile, sendStream } from './local-files.js'
import { type Preservable, preserved, preserveStatus } from './preserve.js'
import { absolutePath } from './remote-path.js'
import {
  copyTree,
  DEFAULT_CONCURRENCY,
  localTree,
  makeLocalFolder,
  remoteTree,
  type TreeEntry,
} from './tree-copy.js'

export interface CopyOptions extends Omit<CreateOptions, 'createParent'> {
  /** What is kept; true: times, permissions and, within and between clusters, owners. Default: nothing. */
  readonly preserve?: boolean | readonly Preservable[] | undefined
  /** Files on the way at a time. Default 4. */
  readonly concurrency?: number | undefined
  /** Writes to the final names at once, without a temporary one. Default false. */
  readonly direct?: boolean | undefined
  /** Hears of every file before it is begun. */
  readonly onFile?: ((entry: TreeEntry) => void) | undefined
  /** Hears of every piece that has been handed on. */
  readonly onBytes?: ((count: number) => void) | undefined
  /** Called for what failed; the rest goes on. Without it the first failure ends the copy. */
  readonly onError?: ((error: unknown, entry: TreeEntry) => Promise<void> | void) | undefined
}

const below = (root: string, relativePath: string): string =>
  relativePath === '' ? root : absolutePath(`${root}/${relativePath}`)

const belowLocal = (root: string, relativePath: string): string =>
  relativePath === '' ? root : join(root, relativePath)

export async function upload(
  client: DfsClient,
  parts: ClientParts,
  localPath: string,
  path: string,
  options: CopyOptions,
): Promise<void> {
  await copyTree({
    entries: localTree(localPath),
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    onError: options.onError,
    makeDirectory: async ({ relativePath }) => {
      await client.mkdir(below(path, relativePath), { signal: options.signal })
    },
    copyFile: async (entry) => {
      options.signal?.throwIfAborted()
      options.onFile?.(entry)
      const source = belowLocal(localPath, entry.relativePath)
      const target = below(path, entry.relativePath)
      // Before the file is read, which moves its access time.
      const status = options.preserve === true ? await stat(source) : undefined
      await writeAtomically({
        namenode: parts.namenode,
        streams: parts.streams,
        request: toRequest(target, options),
        direct: options.direct === true,
        produce: (file) => sendLocalFile(source, file, options),
      })
      if (status !== undefined) await preserveFromLocal(client, target, status, options)
    },
  })
}

export async function download(
  client: DfsClient,
  parts: ClientParts,
  path: string,
  localPath: string,
  options: CopyOptions,
): Promise<void> {
  const root = await client.stat(path, { signal: options.signal })
  await copyTree({
    entries: remoteTree(parts.namenode, root, options.signal),
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    onError: options.onError,
    makeDirectory: ({ relativePath }) => makeLocalFolder(belowLocal(localPath, relativePath)),
    copyFile: async (entry) => {
      options.signal?.throwIfAborted()
      options.onFile?.(entry)
      const target = belowLocal(localPath, entry.relativePath)
      const file = await client.open(below(path, entry.relativePath), { signal: options.signal })
      try {
        await receiveLocalFile(file, target, {
          overwrite: options.overwrite ?? false,
          signal: options.signal,
          onBytes: options.onBytes,
          preserve: options.preserve === true ? toPreserved(entry.status) : undefined,
        })
      } finally {
        await file.close()
      }
    },
  })
  if (options.preserve === true && root.kind === 'directory') {
    await chmod(localPath, root.permission & 0o777)
    await utimes(localPath, root.accessTimeMs / 1000, root.modificationTimeMs / 1000)
  }
}

interface ClusterPair {
  readonly source: DfsClient
  readonly sourceParts: ClientParts
  readonly target: DfsClient
  readonly targetParts: ClientParts
}

export async function copyWithin(
  { source, sourceParts, target, targetParts }: ClusterPair,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<void> {
  const { signal } = options
  const wanted = preserved(options.preserve)
  const root = await source.stat(from, { signal })
  const directories: TreeEntry[] = []
  const preserve = async ({ relativePath, status }: TreeEntry): Promise<void> => {
    if (wanted.length === 0 || status === undefined) return
    const ends = { source, from: below(from, relativePath), target, to: below(to, relativePath) }
    await preserveStatus(ends, status, wanted, signal)
  }
  await copyTree({
    entries: remoteTree(sourceParts.namenode, root, signal),
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    onError: options.onError,
    makeDirectory: async (entry) => {
      await target.mkdir(below(to, entry.relativePath), { signal })
      if (wanted.length > 0) directories.push(entry)
    },
    copyFile: async (entry) => {
      signal?.throwIfAborted()
      options.onFile?.(entry)
      const path = below(to, entry.relativePath)
      const file = await source.open(below(from, entry.relativePath), { signal })
      try {
        await writeAtomically({
          namenode: targetParts.namenode,
          streams: targetParts.streams,
          request: toRequest(path, options),
          direct: options.direct === true,
          produce: (sink) => sendStream(file.read(0, file.lengthBytes), sink, options),
        })
      } finally {
        await file.close()
      }
      await preserve(entry)
    },
  })
  // When all is in them: what is made in a directory changes its times, and its permissions may forbid making anything.
  for (const directory of directories.reverse()) await preserve(directory)
}

function toRequest(path: string, options: CopyOptions) {
  return {
    path,
    overwrite: options.overwrite ?? false,
    // The directory was made before; a file in the wrong place would hide a mistake in the path.
    createParent: false,
    permission: options.permission ?? DEFAULT_FILE_PERMISSION,
    replication: options.replication,
    blockSizeBytes: options.blockSizeBytes,
    signal: options.signal,
  }
}

const toPreserved = (status: FileStatus | undefined) =>
  status === undefined
    ? undefined
    : {
        accessTimeMs: status.accessTimeMs,
        modificationTimeMs: status.modificationTimeMs,
        permission: status.permission,
      }

async function preserveFromLocal(
  client: DfsClient,
  path: string,
  status: Stats,
  { signal }: CopyOptions,
): Promise<void> {
  await client.setTimes(
    path,
    {
      modificationTimeMs: Math.trunc(status.mtimeMs),
      accessTimeMs: Math.trunc(status.atimeMs),
    },
    { signal },
  )
  await client.chmod(path, status.mode & 0o777, { signal })
}
