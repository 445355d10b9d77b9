/**
 * A cluster in a map, for tests of the command line: the calls of a namenode that the library makes, and files whose
 * bytes are kept in memory. It answers as a namenode does, and can be told to fail.
 */
import type { ClientParts, ConnectOptions } from '../../../shared/client/client-parts.js'
import { DfsClient } from '../../../shared/client/dfs-client.js'
import type { CreateRequest, FileStreams } from '../../../shared/client/file-streams.js'
import type { NamenodeCalls } from '../../../shared/client/namenode-calls.js'
import {
  baseName,
  childPath,
  clusterAddress,
  parentPath,
} from '../../../shared/client/remote-path.js'
import { systemClock } from '../../../shared/clock.js'
import { systemDisk } from '../../../shared/disk.js'
import { DfsError } from '../../../shared/errors.js'
import { silentLog } from '../../../shared/log.js'
import { systemNetwork } from '../../../shared/network.js'
import { seededRandom } from '../../../shared/random.js'
import { ScriptedAttributes } from './scripted-attributes.js'
import { ScriptedDeletions } from './scripted-deletions.js'

export interface Entry {
  kind: 'file' | 'directory'
  content: Buffer
  permission: number
  owner: string
  group: string
  modificationTimeMs: number
  accessTimeMs: number
  replication: number
  isOpen: boolean
}

const BLOCK_SIZE_BYTES = 1024 * 1024

export class ScriptedCluster {
  readonly entries = new Map<string, Entry>()
  readonly deletions = new ScriptedDeletions()
  readonly attributes = new ScriptedAttributes((path) => this.#get(path))
  /** Of every directory, by the numbers of types. */
  typeQuotas?: { type: number; quota: number; consumed: number }[]
  /** Lengths of files with one replica that only snapshots show, below any directory. */
  lengthsInSnapshots: number[] = []
  directoriesInSnapshots = 0
  /** Names of the calls made, in order. */
  readonly calls: string[] = []
  /** Calls that fail, by name. */
  readonly failures = new Map<string, DfsError>()
  trashIntervalMinutes = 0
  /** How often a file was opened for reading. */
  reads = 0
  isInSafeMode = false
  /** Answers every listing with its first page. */
  ignoresStartAfter = false
  /** Awaited before each piece that is written. */
  beforeWrite: () => Promise<void> = async () => {}
  timeMs = Date.UTC(2026, 10, 21, 14, 5, 9)

  constructor() {
    this.addDirectory('/')
  }

  addDirectory(path: string, changes: Partial<Entry> = {}): this {
    this.entries.set(path, { ...this.#entry('directory', ''), permission: 0o755, ...changes })
    return this
  }

  addFile(path: string, content: string, changes: Partial<Entry> = {}): this {
    this.entries.set(path, { ...this.#entry('file', content), ...changes })
    return this
  }

  contentOf(path: string): string | undefined {
    return this.entries.get(path)?.content.toString()
  }

  connect = (options: ConnectOptions): DfsClient => {
    clusterAddress(options.fs)
    const parts: ClientParts = {
      fs: options.fs,
      user: options.user ?? 'alice',
      seams: options.seams ?? {
        clock: systemClock,
        random: seededRandom(1),
        network: systemNetwork,
        disk: systemDisk,
        log: silentLog,
      },
      signal: options.signal,
      namenode: { ...this.#namenode(), ...this.deletions.calls, close: () => {} },
      streams: this.#streams(),
      blockChecksum: async () => ({
        bytesPerCrc: 512,
        crcPerBlock: 2048,
        crcType: 2,
        md5: Buffer.alloc(16, 7),
      }),
    }
    return new DfsClient(parts)
  }

  #entry(kind: Entry['kind'], content: string): Entry {
    return {
      kind,
      content: Buffer.from(content),
      permission: 0o644,
      owner: 'alice',
      group: 'staff',
      modificationTimeMs: this.timeMs,
      accessTimeMs: this.timeMs,
      replication: kind === 'file' ? 3 : 0,
      isOpen: false,
    }
  }

  #namenode(): NamenodeCalls {
    const record = (name: string) => {
      this.calls.push(name)
      const failure = this.failures.get(name)
      if (failure !== undefined) throw failure
    }
    return {
      getServerDefaults: async () => {
        record('getServerDefaults')
        return {
          serverDefaults: {
            blockSize: BLOCK_SIZE_BYTES,
            bytesPerChecksum: 512,
            writePacketSize: 65536,
            replication: 3,
            fileBufferSize: 4096,
            trashInterval: this.trashIntervalMinutes,
          },
        }
      },
      getFileInfo: async ({ src }) => {
        record('getFileInfo')
        const entry = this.entries.get(src)
        return { fs: entry === undefined ? undefined : this.#status('', entry) }
      },
      getListing: async ({ src, startAfter }) => {
        record('getListing')
        return { dirList: this.#list(src, Buffer.from(startAfter).toString()) }
      },
      getBlockLocations: async ({ src }) => {
        record('getBlockLocations')
        return { locations: this.#locations(src) }
      },
      getContentSummary: async ({ path }) => {
        record('getContentSummary')
        return { summary: this.#summary(path) }
      },
      getQuotaUsage: async ({ path }) => {
        record('getQuotaUsage')
        const { fileCount, directoryCount, ...limits } = this.#summary(path)
        return { usage: { fileAndDirectoryCount: fileCount + directoryCount, ...limits } }
      },
      checkAccess: async () => {
        record('checkAccess')
        return {}
      },
      mkdirs: async ({ src, masked }) => {
        record('mkdirs')
        for (let path: string | undefined = src; path !== undefined; path = parentPath(path)) {
          const there = this.entries.get(path)
          if (there?.kind === 'file') {
            throw new DfsError('PARENT_NOT_DIRECTORY', `${path} (is not a directory)`)
          }
          if (there === undefined) this.addDirectory(path, { permission: masked.perm })
        }
        return { result: true }
      },
      rename: async ({ src, dst }) => {
        record('rename')
        return { result: this.#move(src, dst) }
      },
      rename2: async ({ src, dst, overwriteDest }) => {
        record('rename2')
        if (this.entries.has(dst) && !overwriteDest) {
          throw new DfsError('ALREADY_EXISTS', `rename destination ${dst} already exists`)
        }
        if (!this.#move(src, dst)) {
          throw new DfsError('NOT_FOUND', `rename source ${src} is not found.`)
        }
        return {}
      },
      delete: async ({ src, recursive }) => {
        record('delete')
        if (!this.entries.has(src) || src === '/') return { result: false }
        const below = [...this.entries.keys()].filter((path) => path.startsWith(`${src}/`))
        if (below.length > 0 && !recursive) {
          const text = `\`${src} is non empty': Directory is not empty`
          throw new DfsError('NOT_EMPTY', text)
        }
        for (const path of [src, ...below]) this.entries.delete(path)
        return { result: true }
      },
      setReplication: async ({ src, replication }) => {
        record('setReplication')
        const entry = this.entries.get(src)
        if (entry?.kind !== 'file') return { result: false }
        entry.replication = replication
        return { result: true }
      },
      setPermission: async ({ src, permission }) => {
        record('setPermission')
        this.#get(src).permission = permission.perm
        return {}
      },
      setOwner: async ({ src, username, groupname }) => {
        record('setOwner')
        const entry = this.#get(src)
        if (username !== undefined) entry.owner = username
        if (groupname !== undefined) entry.group = groupname
        return {}
      },
      setTimes: async ({ src, mtime, atime }) => {
        record('setTimes')
        const entry = this.#get(src)
        if (mtime >= 0) entry.modificationTimeMs = mtime
        if (atime >= 0) entry.accessTimeMs = atime
        return {}
      },
      ...this.attributes.calls(record),
      ...SNAPSHOTS_NOT_SCRIPTED,
      getFsStats: async () => {
        record('getFsStats')
        const capacity = 100 * 1024 ** 3
        return {
          capacity,
          used: capacity / 4,
          remaining: capacity / 2,
          under_replicated: 2,
          corrupt_blocks: 1,
          missing_blocks: 0,
        }
      },
      getDatanodeReport: async ({ type }) => {
        record('getDatanodeReport')
        return { di: type === 2 ? [datanodeInfo()] : [] }
      },
      truncate: async ({ src, newLength }) => {
        record('truncate')
        const entry = this.#get(src)
        entry.content = entry.content.subarray(0, newLength)
        // The cut takes a moment, in which the file is asked after once.
        entry.isOpen = newLength > 0
        return { result: newLength === 0 }
      },
      concat: async ({ trg, srcs = [] }) => {
        record('concat')
        const target = this.#get(trg)
        target.content = Buffer.concat(
          [target, ...srcs.map((it) => this.#get(it))].map((it) => it.content),
        )
        for (const src of srcs) this.entries.delete(src)
        return {}
      },
      recoverLease: async () => ({ result: true }),
      isFileClosed: async ({ src }) => {
        record('isFileClosed')
        const entry = this.#get(src)
        const result = !entry.isOpen
        entry.isOpen = false
        return { result }
      },
      setSafeMode: async () => {
        record('setSafeMode')
        return { result: this.isInSafeMode }
      },
    }
  }

  #get(path: string): Entry {
    const entry = this.entries.get(path)
    if (entry === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
    return entry
  }

  #status(name: string, entry: Entry) {
    return {
      fileType: entry.kind === 'directory' ? 1 : 2,
      path: Buffer.from(name),
      length: entry.content.length,
      permission: { perm: entry.permission },
      owner: entry.owner,
      group: entry.group,
      modification_time: entry.modificationTimeMs,
      access_time: entry.accessTimeMs,
      block_replication: entry.replication,
      blocksize: entry.kind === 'file' ? BLOCK_SIZE_BYTES : 0,
      fileId: 16386,
      childrenNum: 0,
      flags: this.attributes.hasAcl(entry) ? 1 : 0,
    }
  }

  /** Pages of two, so that every test of a listing crosses pages. */
  #list(folder: string, startAfter: string) {
    const entry = this.entries.get(folder)
    if (entry === undefined) return undefined
    if (entry.kind === 'file') {
      return { partialListing: [this.#status('', entry)], remainingEntries: 0 }
    }
    const names = [...this.entries.keys()]
      .filter((path) => path !== '/' && parentPath(path) === folder)
      .map(baseName)
      .toSorted()
      .filter((name) => this.ignoresStartAfter || name > startAfter)
    return {
      partialListing: names
        .slice(0, 2)
        .map((name) => this.#status(name, this.#get(childPath(folder, name)))),
      remainingEntries: Math.max(0, names.length - 2),
    }
  }

  #locations(path: string) {
    const entry = this.#get(path)
    const located = {
      b: {
        poolId: 'BP-1',
        blockId: 1073741825,
        generationStamp: 1001,
        numBytes: entry.content.length,
      },
      offset: 0,
      locs: Array.from({ length: entry.replication }, datanodeInfo),
      corrupt: false,
      blockToken: { identifier: Buffer.alloc(0), password: Buffer.alloc(0), kind: '', service: '' },
      isCached: [],
      storageTypes: [],
      storageIDs: [],
      blockTokens: [],
    }
    return {
      fileLength: entry.content.length,
      blocks: entry.content.length === 0 ? [] : [located],
      underConstruction: entry.isOpen,
      isLastBlockComplete: true,
    }
  }

  #summary(path: string) {
    this.#get(path)
    const below = [...this.entries.entries()].filter(
      ([other]) => other === path || path === '/' || other.startsWith(`${path}/`),
    )
    const files = below.filter(([, { kind }]) => kind === 'file').map(([, entry]) => entry)
    const snapshotLength = this.lengthsInSnapshots.reduce((sum, length) => sum + length, 0)
    return {
      length: files.reduce((sum, { content }) => sum + content.length, snapshotLength),
      fileCount: files.length + this.lengthsInSnapshots.length,
      snapshotLength,
      snapshotFileCount: this.lengthsInSnapshots.length,
      snapshotDirectoryCount: this.directoriesInSnapshots,
      snapshotSpaceConsumed: snapshotLength,
      directoryCount: below.length - files.length + this.directoriesInSnapshots,
      quota: -1,
      spaceConsumed: files.reduce(
        (sum, file) => sum + file.content.length * file.replication,
        snapshotLength,
      ),
      spaceQuota: -1,
      ...(this.typeQuotas && { typeQuotaInfos: { typeQuotaInfo: this.typeQuotas } }),
    }
  }

  #move(from: string, to: string): boolean {
    const entry = this.entries.get(from)
    if (entry === undefined) return false
    for (const [path, moved] of [...this.entries.entries()]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.entries.delete(path)
      this.entries.set(to + path.slice(from.length), moved)
    }
    return true
  }

  #streams(): FileStreams {
    const writer = (path: string, initial: Buffer, signal: AbortSignal | undefined) => {
      const chunks = [initial]
      return {
        write: async (bytes: Uint8Array) => {
          await this.beforeWrite()
          signal?.throwIfAborted()
          const failure = this.failures.get('write')
          if (failure !== undefined) throw failure
          chunks.push(Buffer.from(bytes))
        },
        hflush: async () => {},
        hsync: async () => {},
        close: async () => {
          const entry = this.#get(path)
          entry.content = Buffer.concat(chunks)
          entry.isOpen = false
        },
        abort: async () => {
          this.calls.push('abort')
        },
      }
    }
    return {
      create: async (request: CreateRequest) => {
        this.calls.push(`create ${request.path}`)
        const failure = this.failures.get('create')
        if (failure !== undefined) throw failure
        if (this.entries.has(request.path) && !request.overwrite) {
          throw new DfsError('ALREADY_EXISTS', `${request.path} already exists`)
        }
        const { permission, replication = 3 } = request
        this.addFile(request.path, '', { permission, replication, isOpen: true })
        return writer(request.path, Buffer.alloc(0), request.signal)
      },
      append: async (path, signal) => writer(path, this.#get(path).content, signal),
      open: async (path) => {
        this.reads += 1
        const { content } = this.#get(path)
        const failure = this.failures.get('read')
        return {
          lengthBytes: content.length,
          async *read(positionBytes: number, lengthBytes: number) {
            // In two pieces, so that joining them is tested as well.
            const part = content.subarray(positionBytes, positionBytes + lengthBytes)
            const middle = Math.ceil(part.length / 2)
            if (middle > 0) yield part.subarray(0, middle)
            if (failure !== undefined) throw failure
            if (middle < part.length) yield part.subarray(middle)
          },
          close: async () => {},
        }
      },
      close: async () => {},
    }
  }
}

const datanodeInfo = () => ({
  id: {
    ipAddr: '127.0.0.1',
    hostName: 'node1',
    datanodeUuid: 'a0a0a0a0-0000-4000-8000-000000000001',
    xferPort: 9866,
    infoPort: 9864,
    ipcPort: 9867,
  },
  capacity: 100 * 1024 ** 3,
  dfsUsed: 25 * 1024 ** 3,
  remaining: 50 * 1024 ** 3,
  nonDfsUsed: 25 * 1024 ** 3,
  lastUpdate: Date.UTC(2026, 10, 21),
  location: '/default-rack',
  numBlocks: 7,
})

/** Snapshots are tested against real clusters. */
const notScripted = () => Promise.reject(new Error('not scripted'))
const SNAPSHOTS_NOT_SCRIPTED = {
  allowSnapshot: notScripted,
  disallowSnapshot: notScripted,
  createSnapshot: notScripted,
  renameSnapshot: notScripted,
  deleteSnapshot: notScripted,
  getSnapshottableDirListing: notScripted,
  getSnapshotListing: notScripted,
  getSnapshotDiffReport: notScripted,
  getSnapshotDiffReportListing: notScripted,
}
