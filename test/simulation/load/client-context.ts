/** What one client of a simulation works with, and how it takes what it is told: shared by all kinds of operations. */
import type { DfsClient } from '../../../shared/client/dfs-client.js'
import { type DfsError, toDfsError } from '../../../shared/errors.js'
import type { Random } from '../../../shared/random.js'
import type { Life } from '../world/life.js'
import { BLOCK_BYTES } from '../world/settings.js'
import type { KnownFile } from './known-file.js'

export type ClientContextOptions = Pick<
  ClientContext,
  'name' | 'client' | 'life' | 'random' | 'takesSnapshots' | 'onViolation' | 'onAsking'
>

export interface LoadCounts {
  ok: number
  failed: number
  /** Those that succeeded, by kind. */
  readonly done: Record<string, number>
}

export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DfsError }

const MAX_WRITTEN_BLOCKS = 3

export class ClientContext {
  readonly name: string
  readonly client: DfsClient
  readonly life: Life
  readonly random: Random
  /** Its directory may have snapshots: there blocks are copied where elsewhere they are cut. */
  readonly takesSnapshots: boolean
  /** A promise was broken. */
  readonly onViolation: (text: string) => void
  /** An operation begins. */
  readonly onAsking: () => void
  readonly files: KnownFile[] = []
  readonly counts: LoadCounts = { ok: 0, failed: 0, done: {} }
  /** Names that were never used, or whose end is certain, are not in here. */
  readonly possibleNames = new Set<string>()
  /** Deleted with success, and not brought back since; the last one at the end. */
  readonly deleted: KnownFile[] = []
  #made = 0

  constructor(options: ClientContextOptions) {
    const { name, client, life, random, takesSnapshots, onViolation, onAsking } = options
    this.name = name
    this.client = client
    this.life = life
    this.random = random
    this.takesSnapshots = takesSnapshots
    this.onViolation = onViolation
    this.onAsking = onAsking
  }

  /** The directory in which nobody else works. */
  get folder(): string {
    return `/${this.name}`
  }

  /** Never the same twice. */
  nextNumber(): number {
    this.#made += 1
    return this.#made
  }

  /** Runs one operation; every refusal and every silence is remembered, none is an error of the simulation. */
  async try<T>(operation: string, path: string, run: () => Promise<T>): Promise<Attempt<T>> {
    const { scheduler } = this.life
    this.onAsking()
    try {
      const value = await run()
      this.counts.ok += 1
      this.counts.done[operation] = (this.counts.done[operation] ?? 0) + 1
      scheduler.note(`${operation} ${path}: ok`)
      return { ok: true, value }
    } catch (thrown) {
      const error = toDfsError(thrown)
      this.counts.failed += 1
      const what = error.message.split('\n')[0] ?? ''
      scheduler.note(`${operation} ${path}: ${error.code} ${what.slice(0, 150)}`)
      if (error.code === 'INTERNAL') {
        this.onViolation(`P5: ${operation} ${path}: ${error.stack ?? what}`)
      }
      return { ok: false, error }
    }
  }

  /** One of its files by chance, of those that are fit. */
  some(isFit: (file: KnownFile) => boolean): KnownFile | undefined {
    const fit = this.files.filter(isFit)
    return fit.length === 0 ? undefined : fit[this.random.below(fit.length)]
  }

  /** Edges of packets, chunks and blocks more often than chance would give them. */
  someLength(): number {
    const edges = [0, 1, 511, 512, 513, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1]
    if (this.random.below(4) === 0) return edges[this.random.below(edges.length)] ?? 0
    return this.random.below(MAX_WRITTEN_BLOCKS * BLOCK_BYTES)
  }
}

export function sumOfCounts(counts: readonly LoadCounts[]): LoadCounts {
  const sum: LoadCounts = { ok: 0, failed: 0, done: {} }
  for (const { ok, failed, done } of counts) {
    sum.ok += ok
    sum.failed += failed
    for (const [kind, times] of Object.entries(done)) {
      sum.done[kind] = (sum.done[kind] ?? 0) + times
    }
  }
  return sum
}
