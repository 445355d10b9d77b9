/**
 * I8, more sharply: whoever removes a good replica - surplus, moved, of a node that leaves - leaves two good ones at least, which
 * is the least that anybody asks for here. A move that removes first and copies then would be seen by nobody else, as long
 * as one copy is left.
 */
import type { StoredNamespace } from '../../../namenode/service/namespace/namespace-facade.js'
import { blockId as asBlockId } from '../../../shared/ids.js'
import type { World } from '../world/world.js'
import { isWhole, type ReplicaOnDisk } from './replicas.js'

const LEAST_LEFT = 2

interface Seen {
  readonly replica: ReplicaOnDisk
  readonly uuid: string | undefined
  readonly powerCuts: number
}

export class Removals {
  readonly #world: World
  readonly #onViolation: (text: string) => void
  /** Finalized replicas at the last look, by node and block. Their bytes go on to be what the disk has. */
  #seen = new Map<string, Seen>()

  constructor(world: World, onViolation: (text: string) => void) {
    this.#world = world
    this.#onViolation = onViolation
  }

  /** To be called again and again. */
  check(namespace: StoredNamespace, onDisks: ReadonlyMap<number, readonly ReplicaOnDisk[]>): void {
    const now = new Map<string, Seen>()
    const isThere = new Set<string>()
    for (const replica of [...onDisks.values()].flat()) {
      const { datanode, state } = replica
      const { uuid, powerCuts } = datanode
      isThere.add(keyOf(replica))
      if (state === 'meta') now.set(keyOf(replica), { replica, uuid, powerCuts })
    }
    for (const [key, seen] of this.#seen) {
      if (!isThere.has(key)) this.#gone(namespace, seen, onDisks)
    }
    this.#seen = now
  }

  #gone(
    namespace: StoredNamespace,
    { replica, uuid, powerCuts }: Seen,
    onDisks: ReadonlyMap<number, readonly ReplicaOnDisk[]>,
  ): void {
    const { datanode, blockId, generationStamp } = replica
    // Scrapped, or lost with its power before its name was synced.
    if (datanode.uuid !== uuid || datanode.powerCuts !== powerCuts || !isWhole(replica)) return
    const record = namespace.block(asBlockId(blockId))
    if (record?.generationStamp !== generationStamp || record.state !== 'committed') return
    const left = (onDisks.get(blockId) ?? []).filter(
      (it) =>
        it.state === 'meta' &&
        it.generationStamp === generationStamp &&
        // Bits may have turned after it was looked at.
        (isWhole(it) || this.#world.turned.has(keyOf(it))),
    )
    const nodes = new Set(left.map((it) => it.datanode))
    if (nodes.size >= LEAST_LEFT) return
    this.#onViolation(
      `I8: block ${blockId} was removed from ${datanode.name}, which leaves ${nodes.size} good replicas`,
    )
  }
}

const keyOf = ({ datanode, blockId }: ReplicaOnDisk): string => `${datanode.name} ${blockId}`
