/**
 * The client library: a cluster's files from Node, over Hadoop's own protocols, so that it serves an Apache HDFS as well
 * as ours.
 *
 *     const client = DfsClient.connect({ fs: 'hdfs://127.0.0.1:8020' })
 *     await client.writeFile('/reports/today.txt', 'all is well\n')
 *     for await (const entry of client.list('/reports')) console.log(entry.path, entry.lengthBytes)
 *     console.log((await client.readFile('/reports/today.txt')).toString())
 *     await client.close()
 *
 * Large files go through `create` and `open`, whole folders through `upload` and `download`; none of these holds more
 * than a few megabytes. Paths are absolute. Every method rejects with a `DfsError` whose `code` tells what happened
 * (NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, CONNECTION_REFUSED ...); branch on the code, never on the text.
 *
 * What a method alone needs is loaded by its first call: a listing, the most frequent use, has to start fast.
 */
import { DfsError } from '../errors.js'
import {
  type CallOptions,
  type ContentSummary,
  type CreateOptions,
  DEFAULT_DIRECTORY_PERMISSION,
  DEFAULT_FILE_PERMISSION,
  type ServerDefaults,
} from './client-options.js'
import type { ClientParts, ConnectOptions } from './client-parts.js'
import { connectParts } from './client-parts.js'
import type { DatanodeDescription, FsStatistics } from './cluster-report.js'
import { toContentSummary } from './content-summary.js'
import type { CopyOptions } from './copies.js'
import { glob, listDirectory, listTree, statIfExists } from './directory-reads.js'
import { FileAttributes } from './file-attributes.js'
import { FileCalls } from './file-calls.js'
import type { FileChecksum } from './file-checksum.js'
import type { FileStatus } from './file-status.js'
import type { ReadableFile, WritableFile } from './file-streams.js'
import { absolutePath } from './remote-path.js'
import { Snapshots } from './snapshots.js'

export type {
  CallOptions,
  ContentSummary,
  CreateOptions,
  ServerDefaults,
} from './client-options.js'

export class DfsClient extends FileCalls {
  /** Access control lists, extended attributes and quotas. */
  readonly attributes: FileAttributes
  readonly snapshots: Snapshots
  readonly #parts: ClientParts
  #defaults: Promise<ServerDefaults> | undefined

  /** For tests and embedding with other parts; everyone else calls `connect`. */
  constructor(parts: ClientParts) {
    super(parts)
    this.#parts = parts
    this.attributes = new FileAttributes(parts.namenode, (options) => this.signal(options))
    this.snapshots = new Snapshots(parts.namenode, (options) => this.signal(options))
  }

  /**
   * A client of one cluster. Nothing is sent yet: the first call connects, and an idle connection is made anew when needed.
   * @throws DfsError CONFIGURATION for a malformed `fs`
   */
  static connect(options: ConnectOptions): DfsClient {
    return new DfsClient(connectParts(options))
  }

  /** The cluster, as `hdfs://host:port`. */
  get fs(): string {
    return this.#parts.fs
  }

  /** The user whom the server sees. */
  get user(): string {
    return this.#parts.user
  }

  /** Makes a directory. An existing one is fine; a file in its place is ALREADY_EXISTS. `recursive` (default) makes missing parents. */
  async mkdir(
    path: string,
    options: CallOptions & {
      readonly recursive?: boolean | undefined
      readonly permission?: number | undefined
    } = {},
  ): Promise<void> {
    const perm = options.permission ?? DEFAULT_DIRECTORY_PERMISSION
    const createParent = options.recursive ?? true
    const request = { src: absolutePath(path), masked: { perm }, createParent }
    const { result } = await this.#parts.namenode.mkdirs(request, this.signal(options))
    if (!result) throw new DfsError('IO', `${path} was not made`)
  }

  /**
   * Opens a new file for writing. It is visible, and grows, under its name at once: see `writeFile` and `upload` for
   * files that appear whole. Close it (everything is durable then) or abort it.
   *
   *     const file = await client.create('/logs/run.log', { replication: 2 })
   *     await file.write(Buffer.from('started\n'))
   *     await file.close()
   */
  async create(path: string, options: CreateOptions = {}): Promise<WritableFile> {
    return await this.#parts.streams.create(this.#createRequest(path, options))
  }

  /** Opens a closed file to write behind its end. @throws DfsError NOT_FOUND, ALREADY_BEING_CREATED */
  async append(path: string, options: CallOptions = {}): Promise<WritableFile> {
    return await this.#parts.streams.append(absolutePath(path), this.signal(options))
  }

  /**
   * Opens a file for reading, from any position and as often as wanted.
   *
   *     const file = await client.open('/logs/run.log')
   *     for await (const bytes of file.read(0, file.lengthBytes)) process.stdout.write(bytes)
   */
  async open(path: string, options: CallOptions = {}): Promise<ReadableFile> {
    return await this.#parts.streams.open(absolutePath(path), this.signal(options))
  }

  /** The whole content; only for files that fit into memory. */
  async readFile(path: string, options: CallOptions = {}): Promise<Buffer> {
    const file = await this.open(path, options)
    try {
      const chunks: Uint8Array[] = []

      for await (const bytes of file.read(0, file.lengthBytes)) chunks.push(bytes)
      return Buffer.concat(chunks)
    } finally {
      await file.close()
    }
  }

  /** Writes a whole file, which appears under its name only when it is complete. @throws DfsError ALREADY_EXISTS */
  async writeFile(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array | string>,
    options: CreateOptions = {},
  ): Promise<void> {
    const { writeAtomically } = await import('./atomic-write.js')
    const { namenode, streams } = this.#parts
    const request = this.#createRequest(path, options)
    await writeAtomically({
      namenode,
      streams,
      request,
      produce: async (file) => {
        if (typeof content === 'string') await file.write(Buffer.from(content))
        else if (content instanceof Uint8Array) await file.write(content)
        else {
          const { sendStream } = await import('./local-files.js')
          await sendStream(content, file, { signal: request.signal })
        }
      },
    })
  }

  /** @throws DfsError NOT_FOUND */
  async stat(path: string, options: CallOptions = {}): Promise<FileStatus> {
    const status = await this.statIfExists(path, options)
    if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
    return status
  }

  /** undefined when nothing is at `path`. */
  async statIfExists(path: string, options: CallOptions = {}): Promise<FileStatus | undefined> {
    return await statIfExists(this.#parts.namenode, absolutePath(path), this.signal(options))
  }

  async exists(path: string, options: CallOptions = {}): Promise<boolean> {
    return (await this.statIfExists(path, options)) !== undefined
  }

  /** The entries of a directory in byte order, fetched page by page; a file lists as itself. @throws DfsError NOT_FOUND */
  list(path: string, options: CallOptions = {}): AsyncIterable<FileStatus> {
    return listDirectory(this.#parts.namenode, absolutePath(path), this.signal(options))
  }

  /** Everything below a directory, each directory before its content. @throws DfsError NOT_FOUND */
  listRecursive(path: string, options: CallOptions = {}): AsyncIterable<FileStatus> {
    return listTree(this.#parts.namenode, absolutePath(path), this.signal(options))
  }

  /** What matches a pattern of Hadoop's (`*`, `?`, `[a-z]`, `{a,b}`), in order of path. */
  async glob(pattern: string, options: CallOptions = {}): Promise<FileStatus[]> {
    return await glob(this.#parts.namenode, pattern, this.signal(options))
  }

  /**
   * Moves as Hadoop's shell does: into `to` when that is a directory.
   * @returns false when the server refused without a reason (source missing, target exists)
   */
  async rename(from: string, to: string, options: CallOptions = {}): Promise<boolean> {
    const request = { src: absolutePath(from), dst: absolutePath(to) }
    return (await this.#parts.namenode.rename(request, this.signal(options))).result
  }

  /** Moves to exactly `to`, in one step. @throws DfsError NOT_FOUND · ALREADY_EXISTS unless `overwrite` */
  async renameStrictly(
    from: string,
    to: string,
    options: CallOptions & { readonly overwrite?: boolean | undefined } = {},
  ): Promise<void> {
    const overwriteDest = options.overwrite ?? false
    const request = { src: absolutePath(from), dst: absolutePath(to), overwriteDest }
    await this.#parts.namenode.rename2(request, this.signal(options))
  }

  /** Deletes for good. @returns false when nothing was there. @throws DfsError NOT_EMPTY unless `recursive` */
  async delete(
    path: string,
    options: CallOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<boolean> {
    const request = { src: absolutePath(path), recursive: options.recursive ?? false }
    return (await this.#parts.namenode.delete(request, this.signal(options))).result
  }

  /** Moves into the user's trash. @returns where to; undefined when the trash is off: then nothing happened */
  async moveToTrash(path: string, options: CallOptions = {}): Promise<string | undefined> {
    const { moveToTrash } = await import('./trash.js')
    const { namenode, seams, user } = this.#parts
    const signal = this.signal(options)
    return await moveToTrash(absolutePath(path), { namenode, clock: seams.clock, user, signal })
  }

  /** @returns false for directories and missing files, as the protocol has it */
  async setReplication(
    path: string,
    replication: number,
    options: CallOptions = {},
  ): Promise<boolean> {
    const request = { src: absolutePath(path), replication }
    return (await this.#parts.namenode.setReplication(request, this.signal(options))).result
  }

  /** @param permission octal bits 0..01777 */
  async chmod(path: string, permission: number, options: CallOptions = {}): Promise<void> {
    const request = { src: absolutePath(path), permission: { perm: permission } }
    await this.#parts.namenode.setPermission(request, this.signal(options))
  }

  /** What is left out stays. */
  async chown(
    path: string,
    change: { readonly owner?: string | undefined; readonly group?: string | undefined },
    options: CallOptions = {},
  ): Promise<void> {
    const { owner: username, group: groupname } = change
    const request = { src: absolutePath(path), username, groupname }
    await this.#parts.namenode.setOwner(request, this.signal(options))
  }

  /** What is left out stays. */
  async setTimes(
    path: string,
    times: {
      readonly modificationTimeMs?: number | undefined
      readonly accessTimeMs?: number | undefined
    },
    options: CallOptions = {},
  ): Promise<void> {
    const mtime = times.modificationTimeMs ?? -1
    const atime = times.accessTimeMs ?? -1
    const request = { src: absolutePath(path), mtime, atime }
    await this.#parts.namenode.setTimes(request, this.signal(options))
  }

  /** @param access any of read 4, write 2, execute 1. @throws DfsError PERMISSION_DENIED, NOT_FOUND */
  async checkAccess(path: string, access: number, options: CallOptions = {}): Promise<void> {
    const request = { path: absolutePath(path), mode: access }
    await this.#parts.namenode.checkAccess(request, this.signal(options))
  }

  /** Sizes and counts of a file or of everything below a directory, with what snapshots show of it. @throws DfsError NOT_FOUND */
  async contentSummary(path: string, options: CallOptions = {}): Promise<ContentSummary> {
    const request = { path: absolutePath(path) }
    const { summary } = await this.#parts.namenode.getContentSummary(request, this.signal(options))
    return toContentSummary(summary)
  }

  /** How many replicas each block of a file has now, in file order. */
  async replicaCounts(path: string, options: CallOptions = {}): Promise<number[]> {
    const request = { src: absolutePath(path), offset: 0, length: Number.MAX_SAFE_INTEGER }
    const signal = this.signal(options)
    const { locations } = await this.#parts.namenode.getBlockLocations(request, signal)
    if (locations === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
    return locations.blocks.map((block) => block.locs.length)
  }

  /** The checksum that `hdfs dfs -checksum` prints; no file data moves. @throws DfsError NOT_FOUND, BLOCK_MISSING */
  async checksum(path: string, options: CallOptions = {}): Promise<FileChecksum> {
    const { askBlockChecksum, fileChecksum } = await import('./file-checksum.js')
    const { namenode, seams, blockChecksum } = this.#parts
    const signal = this.signal(options)
    const ask = blockChecksum ?? ((block) => askBlockChecksum(block, seams, signal))
    return await fileChecksum(namenode, absolutePath(path), ask, signal)
  }

  async fsStats(options: CallOptions = {}): Promise<FsStatistics> {
    const { readFsStatistics } = await import('./cluster-report.js')
    return await readFsStatistics(this.#parts.namenode, this.signal(options))
  }

  /** Every datanode, living ones first. Clusters may ask for a superuser. */
  async datanodeReport(options: CallOptions = {}): Promise<DatanodeDescription[]> {
    const { readDatanodes } = await import('./cluster-report.js')
    return await readDatanodes(this.#parts.namenode, this.signal(options))
  }

  /** Whether the cluster refuses writes for now. */
  async isInSafeMode(options: CallOptions = {}): Promise<boolean> {
    const { SafeModeAction } = await import('../hadoop/schema/cluster.js')
    const request = { action: SafeModeAction.GET }
    return (await this.#parts.namenode.setSafeMode(request, this.signal(options))).result
  }

  /** What the server uses where a call leaves it open; asked once and kept. */
  serverDefaults(): Promise<ServerDefaults> {
    this.#defaults ??= this.#readDefaults().catch((error: unknown) => {
      this.#defaults = undefined
      throw error
    })
    return this.#defaults
  }

  /**
   * Copies a local file or folder to exactly `path`, several files at a time. Each file appears under its name only
   * when it is complete and durable.
   */
  async upload(localPath: string, path: string, options: CopyOptions = {}): Promise<void> {
    const { upload } = await import('./copies.js')
    await upload(this, this.#parts, localPath, absolutePath(path), this.#withSignal(options))
  }

  /** Copies a file or directory to exactly `localPath`, several files at a time. */
  async download(path: string, localPath: string, options: CopyOptions = {}): Promise<void> {
    const { download } = await import('./copies.js')
    await download(this, this.#parts, absolutePath(path), localPath, this.#withSignal(options))
  }

  /** Copies a file or directory to exactly `to` in this cluster or in that of `target`; the bytes pass through here. */
  async copy(
    from: string,
    to: string,
    options: CopyOptions & { readonly target?: DfsClient | undefined } = {},
  ): Promise<void> {
    const { copyWithin } = await import('./copies.js')
    const target = options.target ?? this
    const pair = { source: this, sourceParts: this.#parts, target, targetParts: target.#parts }
    await copyWithin(pair, absolutePath(from), absolutePath(to), this.#withSignal(options))
  }

  /** Ends connections, watches and lease renewals. Open files are to be closed or aborted before. Idempotent. */
  async close(): Promise<void> {
    this.closing.abort(new DfsError('INTERRUPTED', 'the client was closed'))
    await this.#parts.streams.close()
    await this.#parts.namenode.close()
  }

  async #readDefaults(): Promise<ServerDefaults> {
    const { serverDefaults } = await this.#parts.namenode.getServerDefaults({}, this.#parts.signal)
    return {
      blockSizeBytes: serverDefaults.blockSize,
      replication: serverDefaults.replication,
      trashIntervalMinutes: serverDefaults.trashInterval ?? 0,
    }
  }

  #createRequest(path: string, options: CreateOptions) {
    return {
      path: absolutePath(path),
      overwrite: options.overwrite ?? false,
      createParent: options.createParent ?? true,
      permission: options.permission ?? DEFAULT_FILE_PERMISSION,
      unmaskedPermission: options.unmaskedPermission,
      replication: options.replication,
      blockSizeBytes: options.blockSizeBytes,
      signal: this.signal(options),
    }
  }

  #withSignal<T extends CallOptions>(options: T): T & { readonly signal: AbortSignal | undefined } {
    return { ...options, signal: this.signal(options) }
  }
}
