/**
 * Writes one block of a file: gets a pipeline, keeps packets until all nodes have acknowledged them, rebuilds the
 * pipeline when it breaks and sends the rest again with their old numbers. Nothing that was handed over is lost while a
 * node survives.
 *
 * The end of the block is announced only when all data is acknowledged (as Java does): had a node finalized its replica
 * while data acknowledgements are missing, the block could not be taken up again for streaming.
 */
import { assert } from '../assert.js'
import { DfsError, toDfsError } from '../errors.js'
import type { OutgoingPacket } from '../transfer/outgoing-packet.js'
import { PipelineFailure } from '../transfer/pipeline-failure.js'
import { type ExtendedBlock, type LocatedBlock, pipelineNodes } from '../transfer/pipeline-node.js'
import { Condition } from './condition.js'
import { type OpenPipeline, openForAppend, openNewBlock } from './open-pipeline.js'
import { type BrokenPipeline, recoverPipeline } from './pipeline-recovery.js'
import type { WriteContext } from './write-context.js'

/** Where the block comes from: allocated behind the block before, or the partly filled last one of a file. */
export type BlockOrigin =
  | { readonly kind: 'new'; readonly previous: Promise<ExtendedBlock | undefined> }
  | { readonly kind: 'append'; readonly located: LocatedBlock }

export class BlockStreamer {
  readonly #context: WriteContext
  readonly #origin: BlockOrigin
  /** Handed over and not yet acknowledged; the first `#sentPackets` of them are on the way. */
  readonly #packets: OutgoingPacket[] = []
  #sentPackets = 0
  #ackedBytes: number
  #sentBytes: number
  #nextSeqno = 0
  #phase: 'open' | 'ending' | 'ended' = 'open'
  #isFlushed = false
  #pipeline: OpenPipeline | undefined
  #failure: PipelineFailure | undefined
  #recoveries = 0
  readonly #failedNodes: BrokenPipeline['nodes'][number]['info'][] = []
  #error: DfsError | undefined
  /** Counts pipelines: what was told to the namenode about one does not hold for the next. */
  #pipelineCount = 0
  readonly #changed = new Condition()
  readonly #events = {
    onAck: (packet: OutgoingPacket) => this.#acknowledge(packet),
    onFailure: (failure: PipelineFailure) => {
      this.#failure = failure
      this.#changed.notifyAll()
    },
  }
  /** Resolves with the block and its final length when the end of the block is acknowledged. */
  readonly finished: Promise<ExtendedBlock>

  constructor(context: WriteContext, origin: BlockOrigin) {
    this.#context = context
    this.#origin = origin
    this.#ackedBytes = origin.kind === 'append' ? (origin.located.b.numBytes ?? 0) : 0
    this.#sentBytes = this.#ackedBytes
    this.finished = this.#run()
    // Whoever waits for anything here is told of the failure; this only keeps it from counting as unhandled.
    this.finished.catch(() => this.#changed.notifyAll())
  }

  /** Bytes of the block that all nodes have. */
  get ackedBytes(): number {
    return this.#ackedBytes
  }

  get pipelineCount(): number {
    return this.#pipelineCount
  }

  get hasFailed(): boolean {
    return this.#error !== undefined
  }

  nextSeqno(): number {
    const seqno = this.#nextSeqno
    this.#nextSeqno += 1
    return seqno
  }

  /** Hands over a sealed packet; it may be sent at once. */
  enqueue(packet: OutgoingPacket): void {
    assert(this.#phase === 'open', 'no data behind the end of a block')
    this.#packets.push(packet)
    this.#pump()
  }

  /** Whether the window takes another packet. */
  get hasRoom(): boolean {
    return this.#packets.length < this.#context.settings.windowPackets
  }

  /** @throws DfsError of the failure that ended this block */
  async waitForRoom(): Promise<void> {
    await this.#until(() => this.hasRoom)
  }

  /** Resolves when everything handed over so far is acknowledged by all nodes. @throws DfsError */
  async flush(): Promise<void> {
    const last = this.#packets.at(-1)
    if (last !== undefined) await this.#until(() => !this.#packets.includes(last))
    // A block without a byte has a pipeline all the same, which may still be on its way.
    await this.#until(() => this.#pipeline !== undefined)
    this.#isFlushed = true
  }

  /** Announces the end of the block; `finished` tells when it is reached. */
  end(): void {
    if (this.#phase !== 'open') return
    this.#phase = 'ending'
    this.#changed.notifyAll()
  }

  async #until(holds: () => boolean): Promise<void> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      if (holds()) return
      await this.#changed.wait()
    }
  }

  async #run(): Promise<ExtendedBlock> {
    const { signal } = this.#context
    const onAbort = () => this.#changed.notifyAll()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      this.#pipeline = await this.#open()
      this.#pipelineCount += 1
      this.#changed.notifyAll()
      for (;;) {
        this.#context.signal.throwIfAborted()
        // Datanodes close the connection after the end: that is no failure any more.
        if (this.#phase === 'ended') break
        if (this.#failure !== undefined) await this.#recover(this.#failure)
        else if (this.#phase === 'ending' && this.#packets.length === 0) this.#sendEnd()
        else {
          this.#pump()
          await this.#changed.wait()
        }
      }
      this.#pipeline.writer.close()
      return { ...this.#pipeline.block, numBytes: this.#ackedBytes }
    } catch (error) {
      this.#pipeline?.writer.close()
      this.#error = signal.aborted
        ? new DfsError('INTERRUPTED', `the write of ${this.#context.src} was aborted`)
        : toDfsError(error)
      this.#changed.notifyAll()
      throw this.#error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #open(): Promise<OpenPipeline> {
    const origin = this.#origin
    if (origin.kind === 'new') {
      return openNewBlock(this.#context, this.#events, await origin.previous)
    }
    try {
      return await openForAppend(this.#context, this.#events, origin.located)
    } catch (error) {
      if (!(error instanceof PipelineFailure)) throw error
      const { b: block, blockToken: token } = origin.located
      const broken = { block, token, nodes: pipelineNodes(origin.located), failure: error }
      return this.#rebuild({ ...broken, phase: 'append-setup' })
    }
  }

  #pump(): void {
    const writer = this.#pipeline?.writer
    if (writer === undefined || this.#failure !== undefined) return
    for (const packet of this.#packets.slice(this.#sentPackets)) {
      this.#sentPackets += 1
      this.#sentBytes = Math.max(this.#sentBytes, packet.endInBlock)
      writer.send(packet)
    }
  }

  #sendEnd(): void {
    const { pool, settings } = this.#context
    const packet = pool.take(this.#ackedBytes, 0)
    packet.seal({ seqno: this.nextSeqno(), isLast: true, syncBlock: settings.syncOnClose })
    this.#packets.push(packet)
    this.#pump()
  }

  #acknowledge(packet: OutgoingPacket): void {
    assert(this.#packets[0] === packet, 'packets are acknowledged in order')
    this.#packets.shift()
    this.#sentPackets -= 1
    this.#ackedBytes = packet.endInBlock
    this.#recoveries = 0
    if (packet.isLast) this.#phase = 'ended'
    this.#context.pool.give(packet)
    this.#changed.notifyAll()
  }

  async #recover(failure: PipelineFailure): Promise<void> {
    const pipeline = this.#pipeline
    assert(pipeline !== undefined, 'only a pipeline that stood can break')
    this.#context.signal.throwIfAborted()
    const limit = this.#context.settings.recoveriesWithoutProgress
    this.#recoveries += 1
    if (this.#recoveries > limit) {
      const text = `Failing write. Tried pipeline recovery ${limit} times without success.`
      throw new DfsError('IO', text, { cause: failure })
    }
    this.#failure = undefined
    const isClosing = this.#packets[0]?.isLast === true
    const { block, token, nodes } = pipeline
    const broken = { block, token, nodes, failure }
    // Until the new pipeline stands nothing may be sent through the old one.
    this.#pipeline = undefined
    this.#pipeline = await this.#rebuild({ ...broken, phase: isClosing ? 'closing' : 'streaming' })
    this.#pipelineCount += 1
    this.#sentPackets = 0
    if (isClosing) {
      // The nodes have finalized their replicas on the way: there is nothing left to send.
      this.#packets.length = 0
      this.#phase = 'ended'
    }
    this.#changed.notifyAll()
  }

  #rebuild(
    broken: Pick<BrokenPipeline, 'block' | 'token' | 'nodes' | 'failure' | 'phase'>,
  ): Promise<OpenPipeline> {
    const state = {
      ackedBytes: this.#ackedBytes,
      sentBytes: this.#sentBytes,
      isAppended: this.#origin.kind === 'append',
      isFlushed: this.#isFlushed,
    }
    return recoverPipeline(this.#context, this.#events, { ...broken, ...state }, this.#failedNodes)
  }
}
