/**
 * A file being written: bytes in pieces of any size go into packets, packets into blocks, blocks through pipelines of
 * datanodes. One call at a time. After an error every later call fails with the same error, and the file stays open
 * until its lease ends or someone deletes it.
 */
import { assert } from '../assert.js'
import { DfsError, toDfsError } from '../errors.js'
import type { Decoded } from '../hadoop/message.js'
import type { HdfsFileStatusProto } from '../hadoop/schema/hdfs.js'
import { CreateFlag } from '../hadoop/schema/writing.js'
import type { Seams } from '../seams.js'
import { blockName } from '../transfer/block-writer.js'
import { type OutgoingPacket, PacketPool, packetCapacity } from '../transfer/outgoing-packet.js'
import type { ExtendedBlock, LocatedBlock } from '../transfer/pipeline-node.js'
import type { WriteCalls } from './block-calls.js'
import { BlockStreamer } from './block-streamer.js'
import type { LeaseRenewer } from './lease-renewer.js'
import { AvoidedNodes, WRITE_CHECKSUM, type WriteContext } from './write-context.js'
import { DEFAULT_WRITE_SETTINGS, type WriteSettings } from './write-settings.js'

export interface FileWriterEnvironment {
  readonly seams: Pick<Seams, 'clock' | 'network' | 'log'>
  readonly namenode: WriteCalls
  readonly leases: LeaseRenewer
  readonly settings?: Partial<WriteSettings>
}

export interface CreateFileOptions {
  readonly src: string
  readonly isOverwriting: boolean
  /** Makes missing folders above the file. */
  readonly createParent: boolean
  readonly replication: number
  readonly blockSizeBytes: number
  /** Mode bits after the client's umask, for example 0o644. */
  readonly permission: number
  /** Mode bits before the umask; for default ACLs. */
  readonly unmasked?: number | undefined
}

type FileStatus = Decoded<typeof HdfsFileStatusProto>

const FIRST_COMPLETE_RETRY_MS = 50

export class FileWriter {
  readonly #context: WriteContext
  readonly #leases: LeaseRenewer
  readonly #abort: AbortController
  #streamer: BlockStreamer | undefined
  /** The blocks so far: resolves with the last of them and its final length. */
  #previous: Promise<ExtendedBlock | undefined>
  #packet: OutgoingPacket | undefined
  #positionInBlock = 0
  #positionBytes: number
  #flushedPipelineCount = 0
  #isBusy = false
  #state: 'open' | 'closed' | 'aborted' = 'open'
  #error: DfsError | undefined

  /**
   * Creates the file.
   * @throws DfsError of the namenode: ALREADY_EXISTS, ALREADY_BEING_CREATED, PERMISSION_DENIED, …
   */
  static async create(
    environment: FileWriterEnvironment,
    options: CreateFileOptions,
  ): Promise<FileWriter> {
    const { fs } = await environment.namenode.create({
      src: options.src,
      masked: { perm: options.permission },
      ...(options.unmasked === undefined ? {} : { unmasked: { perm: options.unmasked } }),
      clientName: environment.leases.clientName,
      createFlag: CreateFlag.CREATE | (options.isOverwriting ? CreateFlag.OVERWRITE : 0),
      createParent: options.createParent,
      replication: options.replication,
      blockSize: options.blockSizeBytes,
    })
    return new FileWriter(environment, options.src, fileOf(options, fs), undefined)
  }

  /**
   * Opens an existing file; what is written goes behind its end.
   * @throws DfsError of the namenode: NOT_FOUND, ALREADY_BEING_CREATED, RECOVERY_IN_PROGRESS, …
   */
  static async append(environment: FileWriterEnvironment, src: string): Promise<FileWriter> {
    const { block, stat } = await environment.namenode.append({
      src,
      clientName: environment.leases.clientName,
      flag: CreateFlag.APPEND,
    })
    if (stat === undefined) throw new DfsError('REMOTE', `append of ${src} gave no file status`)
    return new FileWriter(environment, src, fileOf(undefined, stat), block)
  }

  private constructor(
    environment: FileWriterEnvironment,
    src: string,
    file: OpenedFile,
    lastBlock: LocatedBlock | undefined,
  ) {
    const { seams, namenode, leases } = environment
    const settings = { ...DEFAULT_WRITE_SETTINGS, ...environment.settings }
    assert(settings.packetDataBytes % WRITE_CHECKSUM.bytesPerChecksum === 0, 'packets hold chunks')
    this.#abort = new AbortController()
    this.#leases = leases
    this.#context = {
      clock: seams.clock,
      network: seams.network,
      log: seams.log,
      namenode,
      settings,
      src,
      fileId: file.fileId,
      clientName: leases.clientName,
      blockSizeBytes: file.blockSizeBytes,
      replication: file.replication,
      pool: new PacketPool(WRITE_CHECKSUM, settings.packetDataBytes, settings.windowPackets),
      avoided: new AvoidedNodes(seams.clock, settings.exclusionMs),
      signal: this.#abort.signal,
    }
    this.#positionBytes = file.lengthBytes
    this.#previous = Promise.resolve(undefined)
    if (lastBlock !== undefined && lastBlock.locs.length > 0) this.#continueBlock(lastBlock)
    leases.add(this)
  }

  /** The server's number of the file. */
  get fileId(): number {
    return this.#context.fileId
  }

  /** Length of the file with all that was written so far. */
  get positionBytes(): number {
    return this.#positionBytes
  }

  /**
   * Takes all of `bytes`; they may be changed once the promise is resolved, which happens as soon as they have a place in the
   * window, long before they are stored.
   * @throws DfsError that ended the write, also of earlier bytes
   */
  write(bytes: Uint8Array): Promise<void> {
    return this.#exclusively(async () => {
      let start = 0
      while (start < bytes.length) {
        const streamer = this.#currentStreamer()
        if (!streamer.hasRoom || streamer.hasFailed) await streamer.waitForRoom()
        const packet = this.#currentPacket()
        const count = packet.fill(bytes, start)
        start += count
        this.#positionInBlock += count
        this.#positionBytes += count
        if (packet.isFull) this.#sendPacket(false)
        if (this.#positionInBlock === this.#context.blockSizeBytes) await this.#endBlock()
      }
    })
  }

  /** Resolves when all bytes written so far are on every node of the pipeline and new readers see them. */
  hflush(): Promise<void> {
    return this.#exclusively(() => this.#flush(false))
  }

  /** As `hflush`, and the bytes of the current block are on stable storage (those of earlier blocks are already). */
  hsync(): Promise<void> {
    return this.#exclusively(() => this.#flush(true))
  }

  /** Resolves when the file is durable and closed. A second call does nothing. @throws DfsError */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    await this.#exclusively(async () => {
      if (this.#packet !== undefined) this.#sendPacket(false)
      await this.#endBlock()
      await this.#complete(await this.#previous)
      this.#state = 'closed'
    })
    await this.#leases.remove(this)
  }

  /** Gives up: connections are closed, the file is not completed. To be deleted by the caller. Never throws. */
  async abort(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'aborted'
    this.#error ??= new DfsError('INTERRUPTED', `the write of ${this.#context.src} was aborted`)
    this.#abort.abort(this.#error)
    await this.#leases.remove(this)
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    const { src } = this.#context
    if (this.#state !== 'open') throw new DfsError('IO', `the writer of ${src} is closed`)
    if (this.#isBusy) throw new DfsError('ILLEGAL_ARGUMENT', `a write of ${src} is under way`)
    this.#isBusy = true
    try {
      await work()
    } catch (error) {
      this.#error ??= toDfsError(error)
      this.#abort.abort(this.#error)
      await this.#leases.remove(this)
      throw this.#error
    } finally {
      this.#isBusy = false
    }
  }

  #continueBlock(lastBlock: LocatedBlock): void {
    this.#positionInBlock = lastBlock.b.numBytes ?? 0
    this.#streamer = new BlockStreamer(this.#context, { kind: 'append', located: lastBlock })
  }

  #currentStreamer(): BlockStreamer {
    this.#streamer ??= new BlockStreamer(this.#context, { kind: 'new', previous: this.#previous })
    return this.#streamer
  }

  #currentPacket(): OutgoingPacket {
    if (this.#packet === undefined) {
      const { pool, blockSizeBytes, settings } = this.#context
      const capacity = packetCapacity(
        this.#positionInBlock,
        blockSizeBytes,
        WRITE_CHECKSUM.bytesPerChecksum,
        settings.packetDataBytes,
      )
      this.#packet = pool.take(this.#positionInBlock, capacity)
    }
    return this.#packet
  }

  #sendPacket(syncBlock: boolean): void {
    const packet = this.#currentPacket()
    const streamer = this.#currentStreamer()
    this.#packet = undefined
    streamer.enqueue(packet.seal({ seqno: streamer.nextSeqno(), isLast: false, syncBlock }))
  }

  /**
   * Lets the current block end while the next one already fills packets; but waits for the one before it, so that at
   * most two windows are in memory.
   */
  async #endBlock(): Promise<void> {
    const streamer = this.#streamer
    if (streamer === undefined) return
    await this.#previous
    streamer.end()
    this.#previous = streamer.finished
    // A failure is noticed by whoever awaits it next.
    this.#previous.catch(() => undefined)
    this.#streamer = undefined
    this.#positionInBlock = 0
    this.#flushedPipelineCount = 0
  }

  async #flush(isSyncing: boolean): Promise<void> {
    await this.#previous
    const streamer = this.#streamer
    if (streamer === undefined) return
    if (!streamer.hasRoom) await streamer.waitForRoom()
    if (this.#packet !== undefined) this.#sendPacket(isSyncing)
    else if (isSyncing) {
      // Nothing new, but what was sent is not yet synced: an empty packet asks for it.
      this.#packet = this.#context.pool.take(this.#positionInBlock, 0)
      this.#sendPacket(true)
    }
    await streamer.flush()
    if (this.#flushedPipelineCount === streamer.pipelineCount) return
    // The namenode persists the block, so that it outlives the writer: once for each pipeline, as Java does.
    const { namenode, src, fileId, clientName } = this.#context
    const lastBlockLength = this.#positionInBlock
    await namenode.fsync({ src, client: clientName, lastBlockLength, fileId })
    this.#flushedPipelineCount = streamer.pipelineCount
  }

  /** Commits the last block and closes the file; the namenode says no until enough replicas are reported. */
  async #complete(last: ExtendedBlock | undefined): Promise<void> {
    const { namenode, clock, src, fileId, clientName, settings, signal } = this.#context
    const startMs = clock.monotonicMs()
    for (let pauseMs = FIRST_COMPLETE_RETRY_MS; ; pauseMs *= 2) {
      const { result } = await namenode.complete({
        src,
        clientName,
        fileId,
        ...(last === undefined ? {} : { last }),
      })
      if (result) return
      const leftMs = startMs + settings.completeTimeoutMs - clock.monotonicMs()
      if (leftMs <= 0) {
        const which = last === undefined ? '' : `${blockName(last)} `
        throw new DfsError(
          'TIMEOUT',
          `Unable to close file because the last block ${which}does not have enough number of replicas.`,
        )
      }
      await clock.sleep(Math.min(pauseMs, leftMs), signal)
    }
  }
}

interface OpenedFile {
  readonly fileId: number
  readonly blockSizeBytes: number
  readonly replication: number
  readonly lengthBytes: number
}

function fileOf(wanted: CreateFileOptions | undefined, status: FileStatus | undefined): OpenedFile {
  return {
    fileId: status?.fileId ?? 0,
    blockSizeBytes: status?.blocksize ?? wanted?.blockSizeBytes ?? 0,
    replication: status?.block_replication ?? wanted?.replication ?? 1,
    lengthBytes: wanted === undefined ? (status?.length ?? 0) : 0,
  }
}
