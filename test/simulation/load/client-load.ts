/** One client at work: it does one thing after another with files of its own, and remembers what it was told. */
import { ClientContext, type ClientContextOptions, type LoadCounts } from './client-context.js'
import { append, concat, create, read, truncate } from './content-operations.js'
import type { KnownFile } from './known-file.js'
import type { KnownSnapshot } from './known-snapshot.js'
import { list, remove, rename, setPolicy, setReplication, undo } from './name-operations.js'
import { SnapshotOperations } from './snapshot-operations.js'

const MAX_PAUSE_MS = 400
/** What a client likes it does so many times as often. */
const FAVOUR = 4

interface Operation {
  readonly weight: number
  readonly run: (context: ClientContext) => Promise<void>
}

export class ClientLoad {
  readonly #context: ClientContext
  readonly #snapshots: SnapshotOperations
  readonly #operations: readonly Operation[]
  #isStopping = false

  constructor(options: ClientContextOptions) {
    this.#context = new ClientContext(options)
    this.#snapshots = new SnapshotOperations(this.#context)
    const rare: Operation[] = [
      { weight: 4, run: truncate },
      { weight: 3, run: undo },
      { weight: 3, run: setPolicy },
      // What a snapshot shows cannot be joined to something else.
      options.takesSnapshots
        ? { weight: 4, run: () => this.#snapshots.step() }
        : { weight: 4, run: concat },
    ]
    this.#operations = [...COMMON, ...withFavourite(rare, options.random.below(rare.length + 1))]
  }

  get files(): readonly KnownFile[] {
    return this.#context.files
  }

  get snapshots(): readonly KnownSnapshot[] {
    return this.#snapshots.snapshots
  }

  get counts(): LoadCounts {
    return this.#context.counts
  }

  /** Works until `stop`; resolves after the operation that runs then. */
  async run(): Promise<void> {
    const { life, random } = this.#context
    await this.#makeFolder()
    while (!this.#isStopping) {
      await life.clock.sleep(random.next() * MAX_PAUSE_MS)
      await this.#step()
    }
  }

  stop(): void {
    this.#isStopping = true
  }

  async #makeFolder(): Promise<void> {
    const { client, life, folder } = this.#context
    while (!this.#isStopping) {
      const isMade = await this.#context.try('mkdir', folder, () => client.mkdir(folder))
      if (isMade.ok) return
      await life.clock.sleep(MAX_PAUSE_MS)
    }
  }

  async #step(): Promise<void> {
    const total = this.#operations.reduce((sum, it) => sum + it.weight, 0)
    let choice = this.#context.random.below(total)
    for (const { weight, run } of this.#operations) {
      if (choice < weight) return await run(this.#context)
      choice -= weight
    }
  }
}

const COMMON: readonly Operation[] = [
  { weight: 35, run: create },
  { weight: 15, run: (context) => append(context) },
  { weight: 22, run: read },
  { weight: 8, run: rename },
  { weight: 7, run: setReplication },
  { weight: 7, run: remove },
  { weight: 6, run: list },
]

/** Each run is about something else: an even mixture of everything seldom does one thing twice in a row. */
function withFavourite(rare: readonly Operation[], favourite: number): readonly Operation[] {
  return rare.map(({ weight, run }, index) => ({
    weight: index === favourite ? FAVOUR * weight : weight,
    run,
  }))
}
