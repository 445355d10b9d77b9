/**
 * Opens files over the block streaming protocol for a client: one lease holder, one set of kept connections, and abort
 * signals bound to what is open. Writers and readers are loaded when first needed: `dfs ls` has no use for checksums.
 */
import { DfsError, toDfsError } from '../errors.js'
import type { Seams } from '../seams.js'
import type { ReadCalls, WriteCalls } from './block-calls.js'
import type { DatanodeSockets } from './datanode-sockets.js'
import type { CreateRequest, FileStreams, ReadableFile, WritableFile } from './file-streams.js'
import type { FileWriter } from './file-writer.js'
import type { LeaseRenewer } from './lease-renewer.js'
import type { NamenodeCalls } from './namenode-calls.js'

interface HadoopStreamsOptions {
  readonly seams: Seams
  readonly user: string
  readonly namenode: WriteCalls &
    ReadCalls &
    Pick<NamenodeCalls, 'getServerDefaults'> & {
      renewLease(request: { readonly clientName: string }): Promise<unknown>
    }
}

interface Defaults {
  readonly replication: number
  readonly blockSizeBytes: number
}

const DATANODE_IPC_TIMEOUT_MS = 10_000

export class HadoopStreams implements FileStreams {
  readonly #options: HadoopStreamsOptions
  /** Distinct for each client, so that two clients never renew or steal each other's leases. */
  readonly #clientName: string
  #leases: LeaseRenewer | undefined
  #sockets: DatanodeSockets | undefined
  #defaults: Promise<Defaults> | undefined

  constructor(options: HadoopStreamsOptions) {
    this.#options = options
    this.#clientName = `DFSClient_NONMAPREDUCE_${options.seams.random.uuid()}`
  }

  async create(request: CreateRequest): Promise<WritableFile> {
    const { FileWriter } = await import('./file-writer.js')
    const { replication, blockSizeBytes } = await this.#complete(request)
    const leases = await this.#leaseRenewer()
    const { seams, namenode } = this.#options
    request.signal?.throwIfAborted()
    const writer = await FileWriter.create(
      { seams, namenode, leases },
      {
        src: request.path,
        isOverwriting: request.overwrite,
        createParent: request.createParent,
        permission: request.permission,
        unmasked: request.unmaskedPermission,
        replication,
        blockSizeBytes,
      },
    )
    return abortable(writer, request.signal)
  }

  async append(path: string, signal: AbortSignal | undefined): Promise<WritableFile> {
    const { FileWriter } = await import('./file-writer.js')
    const leases = await this.#leaseRenewer()
    const { seams, namenode } = this.#options
    signal?.throwIfAborted()
    return abortable(await FileWriter.append({ seams, namenode, leases }, path), signal)
  }

  async open(path: string, signal: AbortSignal | undefined): Promise<ReadableFile> {
    const { FileReader } = await import('./file-reader.js')
    const { DatanodeSockets } = await import('./datanode-sockets.js')
    const { seams, namenode, user } = this.#options
    this.#sockets ??= new DatanodeSockets({ clock: seams.clock, network: seams.network })
    signal?.throwIfAborted()
    const reader = await FileReader.open(
      {
        seams,
        namenode,
        clientName: this.#clientName,
        sockets: this.#sockets,
        visibleLength: async (info, block) => {
          const { replicaVisibleLength } = await import('./replica-visible-length.js')
          const options = { seams, user, timeoutMs: DATANODE_IPC_TIMEOUT_MS }
          return await replicaVisibleLength(options)(info, block)
        },
      },
      path,
    )
    const stop = () => reader.close()
    if (signal?.aborted === true) stop()
    signal?.addEventListener('abort', stop, { once: true })
    return {
      lengthBytes: reader.lengthBytes,
      read: (positionBytes, lengthBytes) => reader.read(positionBytes, lengthBytes),
      close: async () => {
        signal?.removeEventListener('abort', stop)
        reader.close()
      },
    }
  }

  async close(): Promise<void> {
    this.#sockets?.close()
    await this.#leases?.close()
  }

  /** The server's defaults for what the request leaves open. */
  async #complete(request: CreateRequest): Promise<Defaults> {
    const { replication, blockSizeBytes } = request
    if (replication !== undefined && blockSizeBytes !== undefined) {
      return { replication, blockSizeBytes }
    }
    this.#defaults ??= this.#readDefaults(request.signal).catch((error: unknown) => {
      this.#defaults = undefined
      throw error
    })
    const defaults = await this.#defaults
    return {
      replication: replication ?? defaults.replication,
      blockSizeBytes: blockSizeBytes ?? defaults.blockSizeBytes,
    }
  }

  async #readDefaults(signal: AbortSignal | undefined): Promise<Defaults> {
    const { serverDefaults } = await this.#options.namenode.getServerDefaults({}, signal)
    const { replication, blockSize: blockSizeBytes } = serverDefaults
    return { replication, blockSizeBytes }
  }

  async #leaseRenewer(): Promise<LeaseRenewer> {
    if (this.#leases !== undefined) return this.#leases
    const { LeaseRenewer } = await import('./lease-renewer.js')
    const { seams, namenode } = this.#options
    this.#leases ??= new LeaseRenewer({
      clock: seams.clock,
      log: seams.log,
      clientName: this.#clientName,
      renew: (request) => namenode.renewLease(request),
    })
    return this.#leases
  }
}

/** A writer that gives up when the signal aborts; its pending call then rejects with INTERRUPTED. */
function abortable(writer: FileWriter, signal: AbortSignal | undefined): WritableFile {
  if (signal === undefined) return writer
  const stop = () => {
    // abort() never rejects; the failure shows in the call that is pending.
    void writer.abort()
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  const release = () => signal.removeEventListener('abort', stop)
  return {
    fileId: writer.fileId,
    write: (bytes) => writer.write(bytes),
    hflush: () => writer.hflush(),
    hsync: () => writer.hsync(),
    close: async () => {
      try {
        await writer.close()
      } catch (error) {
        throw signal.aborted ? interrupted(error) : error
      }
      release()
    },
    abort: async () => {
      release()
      await writer.abort()
    },
  }
}

const interrupted = (error: unknown): DfsError =>
  new DfsError('INTERRUPTED', toDfsError(error).message, { cause: error })
