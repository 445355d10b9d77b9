/** Every replica of this node by block id, with the counts of each volume kept in step. */
import type { Replica } from './replica.js'
import type { Volume } from './volume.js'

export class BlockIndex {
  readonly #replicas = new Map<number, Replica>()
  readonly #onGone: (id: number) => void

  /** @param onGone called whenever a block's record is replaced or goes: what was remembered with it is true no more */
  constructor(onGone: (id: number) => void) {
    this.#onGone = onGone
  }

  get size(): number {
    return this.#replicas.size
  }

  get(id: number): Replica | undefined {
    return this.#replicas.get(id)
  }

  /** Puts a replica in the place of the one that the block had. */
  set(replica: Replica): void {
    this.delete(replica.id)
    this.#replicas.set(replica.id, replica)
    replica.volume.count(1, replica.kind === 'finalized' ? replica.lengthBytes : 0)
    if (replica.kind === 'being-written') replica.volume.promise(replica.promisedBytes)
  }

  delete(id: number): void {
    const replica = this.#replicas.get(id)
    if (replica === undefined) return
    this.#replicas.delete(id)
    this.#onGone(id)
    replica.volume.count(-1, replica.kind === 'finalized' ? -replica.lengthBytes : 0)
    if (replica.kind === 'being-written') replica.volume.promise(-replica.promisedBytes)
  }

  /** In no particular order; changes while iterating are seen or not. */
  values(): IterableIterator<Replica> {
    return this.#replicas.values()
  }

  /** Forgets the replicas of a failed volume and returns them. */
  removeVolume(volume: Volume): Replica[] {
    const gone = [...this.#replicas.values()].filter((replica) => replica.volume === volume)
    for (const replica of gone) this.delete(replica.id)
    return gone
  }
}
