/**
 * Where nobody has a good replica of a block, those that were called bad are read once more by their nodes: a disk that gave
 * errors for a while has made good bytes look bad, and nobody else would ever look at them again (found by the simulation). A
 * replica that is good after all counts like any other. One that is bad stays bad, and stays where it is.
 */
import type { Clock } from '../../../shared/clock.js'
import type { BlockRecord } from '../namespace/namespace-model.js'
import type { CommandOutbox } from './command-outbox.js'
import type { Examination } from './examination.js'
import { RecentEvents } from './recent-events.js'
import type { HeldReplica, ReplicaMap } from './replica-map.js'

/** A block is examined whenever anything about it is heard; its disks are not read each time. */
const PAUSE_MS = 60_000
const REMEMBERED = 10_000
const READING_TIMEOUT_MS = 10 * 60_000

export interface SecondLooksOptions {
  readonly clock: Clock
  readonly outbox: CommandOutbox
  readonly map: ReplicaMap
  readonly examination: Examination
}

/** From now on examinations lead to them. */
export function takeSecondLooks(options: SecondLooksOptions): void {
  const looks = new SecondLooks(options)
  options.examination.onAllCorrupt = (record, replicas) => looks.ask(record, replicas)
}

class SecondLooks {
  readonly #options: SecondLooksOptions
  readonly #asked: RecentEvents<string>

  constructor(options: SecondLooksOptions) {
    const { clock } = options
    this.#options = options
    this.#asked = new RecentEvents({ clock, keepMs: PAUSE_MS, capacity: REMEMBERED })
  }

  /** Asks the nodes of all corrupt replicas of the block's version, each once in a while. */
  ask(record: BlockRecord, replicas: readonly HeldReplica[]): void {
    for (const held of replicas) {
      if (held.judgement === 'corrupt' && held.liveness !== 'dead') this.#askOne(record, held)
    }
  }

  #askOne({ id, generationStamp, lengthBytes }: BlockRecord, held: HeldReplica): void {
    const { outbox, map, examination } = this.#options
    const { datanodeUuid, storageId, storage } = held
    const key = `${id}@${storageId}`
    if (this.#asked.has(key)) return
    this.#asked.note(key)
    const block = { id, generationStamp, lengthBytes }
    outbox.offer(datanodeUuid, {
      body: { kind: 'attest', block, storageId },
      timeoutMs: READING_TIMEOUT_MS,
      onEnd: ({ outcome }) => {
        if (outcome !== 'done') return
        map.soundAfterAll(storage, block)
        examination.soon(id)
      },
    })
  }
}
