/** One run from one seed: a cluster starts, clients work while things go wrong, the faults stop, and everything must be well. */
import type { DfsClient } from '../../shared/client/dfs-client.js'
import { type Random, seededRandom } from '../../shared/random.js'
import { strictComplaints, unfinishedBusiness } from './checks/convergence.js'
import { editsAbout } from './checks/edits-about.js'
import { Invariants } from './checks/invariants.js'
import { differencesInFolder } from './checks/replay.js'
import { Faults } from './faults.js'
import { type LoadCounts, sumOfCounts } from './load/client-context.js'
import { ClientLoad } from './load/client-load.js'
import { complaintAbout, possiblePaths } from './load/known-file.js'
import {
  complaintAboutShown,
  complaintsAboutNames,
  type KnownSnapshot,
  shownFiles,
} from './load/known-snapshot.js'
import { Operator } from './operator.js'
import { clientHost, NAMENODE_HOST } from './world/settings.js'
import { World } from './world/world.js'

export interface SimulationOptions {
  readonly seed: number
  /** Virtual time of work and faults. */
  readonly workMs?: number
  /** Log lines of all processes go into the trace. */
  readonly isVerbose?: boolean
}

export interface SimulationResult {
  readonly seed: number
  /** Empty when every promise was kept. */
  readonly violations: readonly string[]
  /** Equal whenever the same seed is run with the same code. */
  readonly traceHash: string
  /** The last things that happened. */
  readonly trace: readonly string[]
  readonly events: number
  readonly virtualMs: number
  readonly operations: LoadCounts
  readonly faults: Readonly<Record<string, number>>
  /** For balance and for storage policies, since the last start of the namenode. */
  readonly blocksMoved: number
}

const WORK_MS = 30_000
const START_LIMIT_MS = 60_000
/** Longer than any timeout of a client: a call that is under way when the faults stop has ended by then. */
const FINISH_LIMIT_MS = 300_000
/** Leases expire, nodes report, copies time out and are made anew: each takes a minute at most. */
const CONVERGENCE_LIMIT_MS = 600_000
const CHECK_EVERY_MS = 2_000
/** A few dozen of the longest files. */
const SMALL_DISK_BYTES = 2 ** 19
/** Longer than anything that is begun again and again waits. */
const QUIET_MS = 20_000
const MAX_VIOLATIONS = 5
/** One of so many operations has to ask twice. */
const ANSWERS_FOR_A_LOSS = 3
const TRACE_LINES = 400

/** Runs one seed. Two runs of it do exactly the same. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const shape = seededRandom(options.seed ^ 0x5eed)
  const world = new World({
    seed: options.seed,
    datanodes: 3 + shape.below(3),
    racks: 1 + shape.below(3),
    latencyMs: 1 + shape.below(4),
    ...someStorage(shape),
    isVerbose: options.isVerbose ?? false,
  })
  const run = new Run(world, options, {
    isHarsh: shape.below(3) === 0,
    // In one of four clusters; the others are for everything else.
    losesAnswers: shape.below(4) === 1,
  })
  const lost: string[] = []
  const onLost = (error: unknown) => {
    lost.push(`an error that nobody handled: ${error instanceof Error ? error.stack : error}`)
  }
  process.on('unhandledRejection', onLost)
  process.on('uncaughtException', onLost)
  try {
    await run.all()
  } finally {
    await world.close()
    process.off('unhandledRejection', onLost)
    process.off('uncaughtException', onLost)
  }
  return run.result([...lost, ...world.crashes])
}

/** Half of the clusters have one large disk in each node; the others several kinds, so small that blocks move for balance. */
function someStorage(shape: Random) {
  if (shape.below(2) === 0) {
    return { volumes: ['/volume'], diskBytes: [2 ** 30], balanceThreshold: 1 }
  }
  const kinds = ['/volume', '/volume,/volume-2', '/volume,[SSD]/volume-2', '[SSD]/volume']
  return {
    volumes: Array.from({ length: 5 }, () => kinds[shape.below(kinds.length)] ?? '/volume'),
    diskBytes: Array.from({ length: 5 }, () => SMALL_DISK_BYTES * (1 + shape.below(3))),
    balanceThreshold: 0.005,
  }
}

class Run {
  readonly #world: World
  readonly #options: SimulationOptions
  readonly #violations: string[] = []
  readonly #loads: readonly ClientLoad[]
  readonly #faults: Faults
  readonly #invariants: Invariants
  readonly #operator: Operator
  #blocksMoved = 0
  #lostAnswers = 0

  constructor(
    world: World,
    options: SimulationOptions,
    { isHarsh, losesAnswers }: { readonly isHarsh: boolean; readonly losesAnswers: boolean },
  ) {
    this.#world = world
    this.#options = options
    const onViolation = (text: string) => this.#complain(text)
    const clients = 2
    const losses = seededRandom(options.seed ^ 0x1057)
    this.#loads = Array.from({ length: clients }, (_, index) => {
      const { client, life } = world.client(index, 'admin')
      const random = seededRandom(world.random.below(2 ** 31))
      const takesSnapshots = index === 0
      return new ClientLoad({
        name: `c${index}`,
        client,
        life,
        random,
        onViolation,
        takesSnapshots,
        onAsking: () => {
          if (losesAnswers && losses.below(ANSWERS_FOR_A_LOSS) === 0) this.#loseAnswer(index)
        },
      })
    })
    const random = seededRandom(world.random.below(2 ** 31))
    this.#faults = new Faults({ world, random, clients, onViolation, isHarsh })
    const known = {
      files: () => this.#loads.flatMap((it) => it.files),
      snapshots: () => this.#loads.flatMap((it) => it.snapshots),
    }
    this.#invariants = new Invariants(world, known, onViolation)
    this.#operator = new Operator({
      world,
      random: seededRandom(world.random.below(2 ** 31)),
      onViolation,
      check: () => this.#invariants.check(),
    })
  }

  async all(): Promise<void> {
    const { scheduler } = this.#world
    this.#world.start()
    const isUp = () => unfinishedBusiness(this.#world).length === 0
    if (!(await this.#until('the cluster is up', isUp, START_LIMIT_MS))) return
    let running = this.#loads.length
    for (const load of this.#loads) {
      void load.run().then(
        () => {
          running -= 1
        },
        (error: unknown) => this.#complain(`a client ended: ${String(error)}`),
      )
    }
    this.#faults.start()
    this.#operator.start()
    this.#watch()
    await scheduler.run(() => this.#hasFailed, this.#options.workMs ?? WORK_MS)
    this.#faults.stop()
    this.#operator.stop()
    scheduler.note('faults stop')
    for (const load of this.#loads) load.stop()
    if (!(await this.#until('clients finish', () => running === 0, FINISH_LIMIT_MS))) return
    await this.#converge()
    await this.#comeToRest()
    if (!this.#hasFailed) await this.#finalChecks()
  }

  get #hasFailed(): boolean {
    return this.#violations.length > 0
  }

  async #until(what: string, isSo: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#world.scheduler.nowMs + limitMs
    const { scheduler } = this.#world
    while (!this.#hasFailed) {
      if (isSo()) return true
      if (scheduler.nowMs >= endMs) {
        this.#complain(`I13: not within ${limitMs / 1000} s: ${what}`)
        return false
      }
      await scheduler.run(() => this.#hasFailed, CHECK_EVERY_MS)
    }
    return false
  }

  #watch(): void {
    this.#world.scheduler.after(CHECK_EVERY_MS, 'invariants', () => {
      this.#invariants.check()
      this.#watch()
    })
  }

  async #converge(): Promise<void> {
    const { scheduler } = this.#world
    const endMs = scheduler.nowMs + CONVERGENCE_LIMIT_MS
    while (!this.#hasFailed) {
      const unfinished = [...this.#operator.unfinished(), ...unfinishedBusiness(this.#world)]
      if (unfinished.length === 0) return
      if (scheduler.nowMs >= endMs) {
        for (const it of unfinished) {
          this.#complain(`I13: ${it}`)
          this.#explain(it)
        }
        return
      }
      await scheduler.run(() => this.#hasFailed, CHECK_EVERY_MS)
    }
  }

  /** What the client asks next is done, and it does not hear of it: it asks again. */
  #loseAnswer(client: number): void {
    const { network, scheduler } = this.#world
    network.loseNext(NAMENODE_HOST, clientHost(client), () => {
      scheduler.note(`an answer to client ${client} gets lost`)
      this.#lostAnswers += 1
    })
  }

  /** Blocks that move for balance, or for policies, move less and less, and then no more. */
  async #comeToRest(): Promise<void> {
    const { scheduler } = this.#world
    const movement = () => this.#world.namenode.serving?.management.movement()
    if (movement()?.threshold === 1) return
    const endMs = scheduler.nowMs + CONVERGENCE_LIMIT_MS
    let before: number | undefined
    while (!this.#hasFailed) {
      const moved = movement()?.movedBlocks
      if (moved === before && unfinishedBusiness(this.#world).length === 0) break
      if (scheduler.nowMs >= endMs) this.#complain(`I13: blocks go to and fro: ${moved} by now`)
      before = moved
      await scheduler.run(() => this.#hasFailed, QUIET_MS)
    }
    this.#blocksMoved = before ?? 0
  }

  /** Notes the edits about the block that a complaint names. */
  #explain(complaint: string): void {
    const id = /block (\d+)/.exec(complaint)?.[1]
    if (id === undefined) return
    for (const edit of editsAbout(this.#world.namenode.folder, Number(id))) {
      this.#world.scheduler.note(`edit ${edit}`)
    }
  }

  async #finalChecks(): Promise<void> {
    let isDone = false
    const { scheduler, namenode } = this.#world
    const checks = async () => {
      for (const complaint of await strictComplaints(this.#world)) this.#complain(complaint)
      await this.#readAll()
      for (const table of differencesInFolder(namenode.folder)) {
        this.#complain(`I12: the edits make another table ${table}`)
      }
    }
    const done = checks().catch((error: unknown) => {
      this.#complain(`the last checks failed: ${error instanceof Error ? error.stack : error}`)
    })
    void done.then(() => {
      isDone = true
    })
    if (!(await scheduler.run(() => isDone, FINISH_LIMIT_MS))) this.#complain('I13: reads hang')
  }

  /** A client that knows nothing reads every file that was ever written. */
  async #readAll(): Promise<void> {
    const { client } = this.#world.client(99, 'admin')
    for (const file of this.#loads.flatMap((it) => it.files)) {
      const names = possiblePaths(file)
      let path: string | undefined
      for (const name of names.length === 0 ? [file.path] : names) {
        if ((await client.statIfExists(name)) === undefined) continue
        if (path !== undefined) this.#complain(`I9: ${path} is there, and ${name} too`)
        path = name
      }
      if (path === undefined) {
        if (names.length > 0) this.#complain(`I1: ${names.join(' or ')} is gone`)
        continue
      }
      if (file.presence === 'absent') this.#complain(`I9: ${path} was deleted and is there`)
      const complaint = complaintAbout(file, await client.readFile(path))
      if (complaint !== undefined) this.#complain(complaint)
    }
    for (const it of this.#loads.flatMap((load) => load.snapshots)) {
      await this.#readSnapshot(client, it)
    }
    await client.close()
  }

  async #readSnapshot(client: DfsClient, snapshot: KnownSnapshot): Promise<void> {
    if (snapshot.presence !== 'present') {
      const isThere = await client.exists(snapshot.path)
      if (isThere && snapshot.presence === 'absent') {
        this.#complain(`I9: ${snapshot.path} was deleted and is there`)
      }
      return
    }
    const seen: string[] = []
    for await (const { path } of client.list(snapshot.path)) seen.push(path)
    for (const complaint of complaintsAboutNames(snapshot, seen)) this.#complain(complaint)
    for (const { file, paths } of shownFiles(snapshot)) {
      const path = paths.find((it) => seen.includes(it))
      if (path === undefined || !file.isClosed) continue
      const complaint = complaintAboutShown(file, await client.readFile(path))
      if (complaint !== undefined) this.#complain(complaint)
    }
  }

  #complain(text: string): void {
    if (this.#violations.length >= MAX_VIOLATIONS || this.#violations.includes(text)) return
    this.#world.scheduler.note(`VIOLATION ${text}`)
    this.#violations.push(text)
  }

  result(crashes: readonly string[]): SimulationResult {
    const { scheduler } = this.#world
    return {
      seed: this.#options.seed,
      violations: [...this.#violations, ...crashes],
      trace: scheduler.recentNotes(TRACE_LINES),
      events: scheduler.firedEvents,
      virtualMs: scheduler.elapsedMs,
      operations: sumOfCounts(this.#loads.map((it) => it.counts)),
      faults: {
        ...this.#faults.counts,
        ...this.#operator.counts,
        ...(this.#lostAnswers > 0 ? { 'answer lost': this.#lostAnswers } : {}),
      },
      blocksMoved: this.#blocksMoved,
      traceHash: scheduler.traceHash(),
    }
  }
}
