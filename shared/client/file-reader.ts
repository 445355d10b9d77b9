/**
 * Reads ranges of a file, block after block, each from the nearest replica that works. A replica that cannot be reached,
 * lies, ends too early or falls silent is left at the exact byte, and another one goes on from there.
 */
import type { Socket } from 'node:net'
import { DfsError, toDfsError } from '../errors.js'
import type { Seams } from '../seams.js'
import { BlockReader } from '../transfer/block-reader.js'
import { blockName } from '../transfer/block-writer.js'
import {
  type DatanodeInfo,
  type ExtendedBlock,
  type LocatedBlock,
  transferAddress,
} from '../transfer/pipeline-node.js'
import type { ReadCalls } from './block-calls.js'
import { DatanodeSockets } from './datanode-sockets.js'
import { LocatedFile } from './located-file.js'

export interface ReadSettings {
  readonly connectMs: number
  /** Longest silence of a datanode while bytes are waited for. */
  readonly silenceMs: number
  /** How often the namenode is asked anew when every replica has failed. */
  readonly attempts: number
  /** Pause before the first of these; doubled each time. */
  readonly retryAfterMs: number
  readonly pageBytes: number
  /** Connect to datanodes by name instead of by address. */
  readonly byHostname: boolean
}

export const DEFAULT_READ_SETTINGS: ReadSettings = {
  connectMs: 5_000,
  silenceMs: 15_000,
  attempts: 3,
  retryAfterMs: 500,
  pageBytes: 10 * 128 * 1024 * 1024,
  byHostname: false,
}

export interface FileReaderEnvironment {
  readonly seams: Pick<Seams, 'clock' | 'network' | 'log'>
  readonly namenode: ReadCalls
  readonly clientName: string
  /** Shared by the readers of a client; without it the reader has its own. */
  readonly sockets?: DatanodeSockets
  /** How long a replica that is being written is, as a datanode says: see replica-visible-length.ts. */
  readonly visibleLength?: (info: DatanodeInfo, block: ExtendedBlock) => Promise<number>
  readonly settings?: Partial<ReadSettings>
}

export class FileReader {
  readonly #environment: FileReaderEnvironment
  readonly #settings: ReadSettings
  readonly #src: string
  readonly #file: LocatedFile
  readonly #sockets: DatanodeSockets
  readonly #abort = new AbortController()
  /** Nodes that could not be reached or fell silent, by uuid. */
  readonly #deadNodes = new Set<string>()
  /** Single replicas that were refused or bad, as `block/uuid`. */
  readonly #badReplicas = new Set<string>()
  readonly #openSockets = new Set<Socket>()

  /** @throws DfsError NOT_FOUND and others of the namenode */
  static async open(environment: FileReaderEnvironment, src: string): Promise<FileReader> {
    const settings = { ...DEFAULT_READ_SETTINGS, ...environment.settings }
    const file = await LocatedFile.open({
      namenode: environment.namenode,
      log: environment.seams.log,
      src,
      visibleLength: environment.visibleLength,
      pageBytes: settings.pageBytes,
    })
    return new FileReader(environment, settings, src, file)
  }

  private constructor(
    environment: FileReaderEnvironment,
    settings: ReadSettings,
    src: string,
    file: LocatedFile,
  ) {
    this.#environment = environment
    this.#settings = settings
    this.#src = src
    this.#file = file
    const { clock, network } = environment.seams
    this.#sockets = environment.sockets ?? new DatanodeSockets({ clock, network })
  }

  /** Length of the file when it was opened. */
  get lengthBytes(): number {
    return this.#file.lengthBytes
  }

  /**
   * The bytes from `positionBytes` on, at most `lengthBytes` of them, cut off at the end of the file. Pieces keep their
   * contents for good. Several reads may run at the same time.
   * @throws DfsError BLOCK_MISSING when no replica of a block could be read after several attempts; INTERRUPTED when
   *   the reader was closed
   */
  async *read(positionBytes: number, lengthBytes: number): AsyncGenerator<Uint8Array, void> {
    const end = Math.min(this.lengthBytes, positionBytes + lengthBytes)
    let position = positionBytes
    let attemptsLeft = this.#settings.attempts
    let failure: DfsError | undefined
    while (position < end) {
      this.#abort.signal.throwIfAborted()
      const located = await this.#file.blockAt(position)
      const node = located.locs.find((info) => !this.#isBad(located, info))
      if (node === undefined) {
        if (attemptsLeft === 0) throw this.#missing(located, failure)
        await this.#startOver(position, this.#settings.attempts - attemptsLeft)
        attemptsLeft -= 1
        continue
      }
      const blockEnd = located.offset + (located.b.numBytes ?? 0)
      let reader: BlockReader | undefined
      try {
        reader = await this.#openReader(node, located, position, Math.min(end, blockEnd))
        for (;;) {
          const piece = reader.tryNext() ?? (await reader.next())
          if (piece === undefined) break
          position += piece.length
          attemptsLeft = this.#settings.attempts
          yield piece
        }
      } catch (error) {
        this.#abort.signal.throwIfAborted()
        failure = toDfsError(error)
        await this.#blame(located, node, failure)
      } finally {
        if (reader !== undefined) this.#finish(reader, node)
      }
    }
  }

  /** Ends all reads that are under way. */
  close(): void {
    this.#abort.abort(new DfsError('INTERRUPTED', `the reader of ${this.#src} was closed`))
    for (const socket of this.#openSockets) socket.destroy()
    if (this.#environment.sockets === undefined) this.#sockets.close()
  }

  /** A connection that was kept may have been closed by the datanode in the meantime: then a new one is tried. */
  async #openReader(
    node: DatanodeInfo,
    located: LocatedBlock,
    position: number,
    end: number,
  ): Promise<BlockReader> {
    const { connectMs, silenceMs, byHostname } = this.#settings
    const { clientName, seams } = this.#environment
    const address = transferAddress(node, byHostname)
    const options = {
      clock: seams.clock,
      silenceMs,
      request: {
        block: located.b,
        token: located.blockToken,
        clientName,
        offset: position - located.offset,
        lengthBytes: end - position,
      },
    }
    const idle = this.#sockets.takeIdle(address)
    if (idle !== undefined) {
      try {
        this.#openSockets.add(idle)
        return await BlockReader.open({ ...options, socket: idle })
      } catch (error) {
        this.#openSockets.delete(idle)
        if (!(error instanceof DfsError) || error.code !== 'CONNECTION_LOST') throw error
      }
    }
    const socket = await this.#sockets.connect(address, connectMs)
    this.#openSockets.add(socket)
    try {
      this.#abort.signal.throwIfAborted()
      return await BlockReader.open({ ...options, socket })
    } catch (error) {
      socket.destroy()
      this.#openSockets.delete(socket)
      throw error
    }
  }

  #finish(reader: BlockReader, node: DatanodeInfo): void {
    this.#openSockets.delete(reader.socket)
    const socket = reader.finish()
    if (socket === undefined) return
    this.#sockets.give(transferAddress(node, this.#settings.byHostname), socket)
  }

  #isBad(located: LocatedBlock, info: DatanodeInfo): boolean {
    const uuid = info.id.datanodeUuid
    return this.#deadNodes.has(uuid) || this.#badReplicas.has(`${located.b.blockId}/${uuid}`)
  }

  async #blame(located: LocatedBlock, node: DatanodeInfo, error: DfsError): Promise<void> {
    const { log } = this.#environment.seams
    const uuid = node.id.datanodeUuid
    const isReplica = error.code === 'BLOCK_CORRUPT' || error.code === 'REMOTE'
    if (isReplica) this.#badReplicas.add(`${located.b.blockId}/${uuid}`)
    else this.#deadNodes.add(uuid)
    log.warn({ err: error, src: this.#src, node: uuid }, 'reading from a datanode failed')
    if (error.code === 'BLOCK_CORRUPT') await this.#report(located, node)
  }

  async #report(located: LocatedBlock, node: DatanodeInfo): Promise<void> {
    const { namenode, seams } = this.#environment
    const index = located.locs.indexOf(node)
    try {
      await namenode.reportBadBlocks({
        blocks: [
          {
            ...located,
            locs: [node],
            storageIDs: located.storageIDs.slice(index, index + 1),
            storageTypes: located.storageTypes.slice(index, index + 1),
            isCached: [],
          },
        ],
      })
    } catch (error) {
      // The bytes come from another replica; the scrubber will find the bad one as well.
      seams.log.warn({ err: error, src: this.#src }, 'a bad replica could not be reported')
    }
  }

  /** Every replica has failed: after a pause all are given another chance, where the namenode now says they are. */
  async #startOver(position: number, attempt: number): Promise<void> {
    await this.#environment.seams.clock.sleep(
      this.#settings.retryAfterMs * 2 ** attempt,
      this.#abort.signal,
    )
    this.#deadNodes.clear()
    this.#badReplicas.clear()
    await this.#file.refresh(position)
  }

  #missing(located: LocatedBlock, cause: DfsError | undefined): DfsError {
    const text = `Could not obtain block: ${blockName(located.b)} file=${this.#src}`
    return new DfsError('BLOCK_MISSING', text, { cause })
  }
}
