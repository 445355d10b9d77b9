/** A replica as the index holds it. Half a million of them must fit: plain records with few fields. */
import { DfsError } from '../../shared/errors.js'
import type { ReplicaWriter } from './replica-writer.js'
import type { Volume } from './volume.js'

/** Complete and immutable: an append or recovery replaces the record. */
export interface FinalizedReplica {
  readonly kind: 'finalized'
  readonly id: number
  readonly generationStamp: number
  readonly lengthBytes: number
  readonly volume: Volume
}

/** Whoever writes a replica: a connection. */
export interface ReplicaOwner {
  /** Ends the writing for good and resolves when no byte can follow; the files are closed then. Idempotent. */
  stop(): Promise<void>
}

/** Being written, or left by a writer that vanished: then it waits for a recovery. */
export class OpenReplica {
  readonly kind = 'being-written'
  readonly id: number
  readonly volume: Volume
  readonly promisedBytes: number
  #generationStamp: number
  #lengthBytes: number
  #visibleBytes: number
  #writer: ReplicaWriter | undefined
  #owner: ReplicaOwner | undefined
  /** Stamp of a recovery that has begun: older writers and older recoveries are fenced. */
  #recoveryStamp = 0

  constructor(parts: {
    readonly id: number
    readonly volume: Volume
    readonly generationStamp: number
    readonly lengthBytes: number
    /** Bytes that readers may see; after a restart none, since nobody knows what was acknowledged. */
    readonly visibleBytes: number
    readonly promisedBytes: number
    readonly writer: ReplicaWriter | undefined
  }) {
    this.id = parts.id
    this.volume = parts.volume
    this.promisedBytes = parts.promisedBytes
    this.#generationStamp = parts.generationStamp
    this.#lengthBytes = parts.lengthBytes
    this.#visibleBytes = parts.visibleBytes
    this.#writer = parts.writer
  }

  get generationStamp(): number {
    return this.#generationStamp
  }

  /** Bytes in the files. */
  get lengthBytes(): number {
    return this.#writer?.flushedBytes ?? this.#lengthBytes
  }

  /** Bytes acknowledged by this replica and everything behind it in its pipeline. */
  get visibleBytes(): number {
    return this.#visibleBytes
  }

  get writer(): ReplicaWriter | undefined {
    return this.#writer
  }

  get owner(): ReplicaOwner | undefined {
    return this.#owner
  }

  get recoveryStamp(): number {
    return this.#recoveryStamp
  }

  set owner(owner: ReplicaOwner | undefined) {
    this.#owner = owner
  }

  /** Readers may see up to here. Never goes back while the writer lives. */
  acknowledge(lengthBytes: number): void {
    if (lengthBytes > this.#visibleBytes) this.#visibleBytes = lengthBytes
  }

  beginRecovery(stamp: number): void {
    if (stamp <= this.#recoveryStamp || stamp <= this.#generationStamp) {
      throw new DfsError('STALE_GENERATION', `a recovery with stamp ${stamp} comes too late`)
    }
    this.#recoveryStamp = stamp
  }

  /** The writer is gone; its files are closed and hold `lengthBytes`. */
  release(lengthBytes: number): void {
    this.#lengthBytes = lengthBytes
    this.#writer?.forget()
    this.#writer = undefined
    this.#owner = undefined
    this.#visibleBytes = Math.min(this.#visibleBytes, lengthBytes)
  }
}

export type Replica = FinalizedReplica | OpenReplica
