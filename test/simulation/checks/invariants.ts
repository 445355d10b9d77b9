/**
 * The invariants of reliability reference A2 that can be seen between two steps: looked at from above, with the disks of
 * all nodes and the namenode's committed state side by side.
 */
import type { StoredNamespace } from '../../../namenode/service/namespace/namespace-facade.js'
import type { BlockRecord } from '../../../namenode/service/namespace/namespace-model.js'
import { type KnownFile, possiblePaths } from '../load/known-file.js'
import { type KnownSnapshot, shownFiles } from '../load/known-snapshot.js'
import type { World } from '../world/world.js'
import { editsAbout } from './edits-about.js'
import { Removals } from './removals.js'
import { type ReplicaOnDisk, replicasOnDisks } from './replicas.js'
import { SUPERUSER_CALL } from './superuser.js'

const ALL = 1_000_000

/** What the clients know. */
export interface Known {
  readonly files: () => readonly KnownFile[]
  readonly snapshots: () => readonly KnownSnapshot[]
}

export class Invariants {
  readonly #world: World
  readonly #known: Known
  readonly #onViolation: (text: string) => void
  readonly #inodeOfBlock = new Map<number, number>()
  readonly #stampOfBlock = new Map<number, number>()
  /** By node and block; a copy may come back after a deletion, but never with an older stamp. */
  readonly #stampOnDisk = new Map<string, number>()
  readonly #epochOnDisk = new Map<string, number>()
  readonly #removals: Removals
  #lastTransaction = 0
  #highestEpoch = 0

  constructor(world: World, known: Known, onViolation: (text: string) => void) {
    this.#world = world
    this.#known = known
    this.#onViolation = onViolation
    this.#removals = new Removals(world, onViolation)
  }

  /** Looks at everything once. */
  check(): void {
    const onDisks = replicasOnDisks(this.#world.datanodes)
    this.#checkDisks(onDisks)
    const namespace = this.#world.namenode.serving?.namespace
    if (namespace === undefined) return
    this.#checkNamespace(namespace)
    this.#removals.check(namespace, onDisks)
    for (const file of this.#known.files()) {
      this.#checkFile(namespace, file, possiblePaths(file), onDisks)
    }
    for (const { file, paths } of this.#known.snapshots().flatMap(shownFiles)) {
      this.#checkFile(namespace, file, paths, onDisks)
    }
  }

  /** I4 and I10 on the nodes. */
  #checkDisks(onDisks: ReadonlyMap<number, readonly ReplicaOnDisk[]>): void {
    for (const replicas of onDisks.values()) {
      for (const { datanode, blockId, generationStamp, state } of replicas) {
        if (state !== 'meta') continue
        const key = `${datanode.name} ${blockId}`
        const before = this.#stampOnDisk.get(key) ?? 0
        if (generationStamp < before) {
          this.#onViolation(`I4: block ${key} went from stamp ${before} to ${generationStamp}`)
        }
        this.#stampOnDisk.set(key, generationStamp)
      }
    }
    for (const { name, disk, uuid } of this.#world.datanodes) {
      if (uuid === undefined) continue
      const text = disk.files().get('/volume/VERSION.json')?.data.toString('latin1') ?? ''
      const epoch = Number(/"epoch":\s*(\d+)/.exec(text)?.[1] ?? 0)
      const before = this.#epochOnDisk.get(uuid) ?? 0
      if (epoch < before) this.#onViolation(`I10: ${name} went from epoch ${before} to ${epoch}`)
      this.#epochOnDisk.set(uuid, epoch)
    }
  }

  /** I4, I5 and I10 in the namenode, and that no committed transaction is ever gone. */
  #checkNamespace(namespace: StoredNamespace): void {
    for (const { id, inodeId, generationStamp } of namespace.blocksAfter(0, ALL)) {
      const owner = this.#inodeOfBlock.get(id) ?? inodeId
      if (owner !== inodeId && !this.#isJoined(owner, inodeId)) {
        this.#onViolation(`I5: block ${id} was of inode ${owner} and is of ${inodeId}`)
      }
      this.#inodeOfBlock.set(id, inodeId)
      const before = this.#stampOfBlock.get(id) ?? 0
      if (generationStamp < before) {
        this.#onViolation(`I4: block ${id} went from stamp ${before} to ${generationStamp}`)
      }
      this.#stampOfBlock.set(id, generationStamp)
    }
    const transaction = namespace.lastTransactionId()
    if (transaction < this.#lastTransaction) {
      this.#onViolation(`P1: transaction ${this.#lastTransaction} was committed and is gone`)
    }
    this.#lastTransaction = transaction
    const { epoch } = namespace.identity
    if (epoch < this.#highestEpoch) this.#onViolation(`I10: epoch ${epoch} after a higher one`)
    this.#highestEpoch = epoch
  }

  /** The one way for blocks to come to another file, which may have been joined to a third one since. */
  #isJoined(source: number, target: number): boolean {
    return editsAbout(this.#world.namenode.folder, source).some((edit) => {
      const joined = / concat .*"inode":(\d+),"sources":\[([\d,]+)\]/.exec(edit)
      if (joined?.[2]?.split(',').includes(`${source}`) !== true) return false
      const whole = Number(joined[1])
      return whole === target || this.#isJoined(whole, target)
    })
  }

  /** I1 and I8: whatever happens, each acknowledged block has a good replica on some disk. */
  #checkFile(
    namespace: StoredNamespace,
    file: KnownFile,
    paths: readonly string[],
    onDisks: ReadonlyMap<number, readonly ReplicaOnDisk[]>,
  ): void {
    if (paths.length === 0) return
    const found = paths.flatMap((path) => namespace.status(SUPERUSER_CALL, path) ?? [])
    const [status] = found
    if (status === undefined || found.length > 1) {
      this.#onViolation(`I9: there should be one file at ${paths.join(' or ')}: ${found.length}`)
      return
    }
    let start = 0
    for (const record of namespace.blocksOfFile(status.id, status.snapshot)) {
      // A block that is being written, or cut, has another length soon: it is the last.
      const end = record.state === 'committed' ? start + record.lengthBytes : undefined
      const expected = file.acknowledged.subarray(start, end)
      start = end ?? file.acknowledged.length
      if (expected.length === 0) continue
      const replicas = onDisks.get(record.id) ?? []
      if (replicas.some((it) => isGood(it, record, expected))) continue
      const there = replicas.map(describeReplica).join(', ') || 'none'
      this.#onViolation(
        `I1: no disk has the acknowledged bytes of block ${record.id} ` +
          `(${record.state}, stamp ${record.generationStamp}) of ${file.path}: ${there}`,
      )
    }
    if (start < file.acknowledged.length) {
      const { length } = file.acknowledged
      this.#onViolation(`I1: the blocks of ${file.path} end at ${start}, ${length} acknowledged`)
    }
  }
}

/** Holds at least the expected bytes, in a version that the namenode would take. */
export function isGood(replica: ReplicaOnDisk, record: BlockRecord, expected: Buffer): boolean {
  const { data, state, generationStamp } = replica
  if (state === 'deleting' || data.length < expected.length) return false
  const isCommitted = record.state === 'committed'
  if (isCommitted && generationStamp < record.generationStamp) return false
  return data.subarray(0, expected.length).equals(expected)
}

export const describeReplica = (it: ReplicaOnDisk): string =>
  `${it.datanode.name}: stamp ${it.generationStamp} ${it.state} ${it.data.length} bytes`
