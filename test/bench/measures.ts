/** What is measured, how much of it, and what must be reached: ratios are ours to Apache's. */
import type { Operation, Work } from './work.js'

const MIB = 1024 * 1024
const SMALL_FILE_BYTES = 64 * 1024

export interface Measure {
  readonly id: string
  readonly title: string
  readonly unit: 'MiB/s' | 'files/s' | '/s'
  /** Units that one run moves or does. */
  readonly amount: number
  /** Done once for all runs, in a folder that stays. */
  readonly prepareOnce?: Work
  /** Done before each run, not measured. */
  readonly prepareEach?: readonly Work[]
  readonly work: Work
  /** Gigabytes: the disk comes to rest before each run. */
  readonly writesMuch?: boolean
  readonly must: number
  readonly goal: number
  /** Most our servers' processor time for each unit may be, as a ratio; undefined where nothing was promised. */
  readonly cpuMust?: number
}

/** How much each run does: `quick` shows that it works and which way the ratio goes. */
export interface Scale {
  readonly rounds: number
  readonly streamMib: number
  /** Of operations that Apache does slowly (small files) and quickly (metadata), for one thread and for many. */
  readonly smallFiles: readonly [number, number]
  readonly operations: readonly [number, number]
}

export const FULL: Scale = {
  rounds: 5,
  streamMib: 1024,
  smallFiles: [150, 800],
  operations: [3000, 24_000],
}
export const QUICK: Scale = {
  rounds: 3,
  streamMib: 256,
  smallFiles: [50, 200],
  operations: [800, 8000],
}

/** All measures whose runs belong to a client, in the order of the table. */
export function measures(scale: Scale): readonly Measure[] {
  return [...streams(scale), ...smallFiles(scale), ...metadata(scale)]
}

const FOLDER = '/bench'

function work(operation: Operation, threads: number, count: number, bytes = 0): Work {
  // A whole share for every thread.
  const whole = Math.max(threads, count - (count % threads))
  return { operation, folder: FOLDER, threads, count: whole, bytes }
}

function streams({ streamMib }: Scale): Measure[] {
  const one = streamMib * MIB
  const quarter = one / 4
  const rate = { unit: 'MiB/s', amount: streamMib } as const
  return [
    {
      ...{ id: 'put-1', title: `put ${streamMib} MiB, one stream`, ...rate },
      ...{ work: work('put', 1, 1, one), must: 1.2, goal: 2, cpuMust: 1 },
      writesMuch: true,
    },
    {
      ...{ id: 'put-4', title: `put 4 × ${streamMib / 4} MiB, 4 streams`, ...rate },
      ...{ work: work('put', 4, 4, quarter), must: 1.2, goal: 2 },
      writesMuch: true,
    },
    {
      ...{ id: 'get-1', title: `get ${streamMib} MiB, one stream`, ...rate },
      ...{ prepareOnce: work('put', 1, 1, one), work: work('get', 1, 1) },
      ...{ must: 1, goal: 1.5, cpuMust: 1 },
    },
    {
      ...{ id: 'get-4', title: `get 4 × ${streamMib / 4} MiB, 4 streams`, ...rate },
      ...{ prepareOnce: work('put', 4, 4, quarter), work: work('get', 4, 4) },
      ...{ must: 1, goal: 1.5 },
    },
  ]
}

function smallFiles({ smallFiles: [few, many], operations: [calls], streamMib }: Scale): Measure[] {
  const put = (threads: number, count: number, must: number, goal: number): Measure => {
    const whole = work('put', threads, count, SMALL_FILE_BYTES)
    const title = `put 64 KiB files, ${threads} threads`
    const how = { id: `small-put-${threads}`, title, unit: 'files/s', amount: whole.count } as const
    return { ...how, work: whole, must, goal }
  }
  const get = (threads: number, count: number): Measure => {
    const whole = work('get', threads, count)
    const title = `get 64 KiB files, ${threads} threads`
    const how = { id: `small-get-${threads}`, title, unit: 'files/s', amount: whole.count } as const
    const prepareOnce = work('put', threads, count, SMALL_FILE_BYTES)
    return { ...how, prepareOnce, work: whole, must: 1.2, goal: 2 }
  }
  const pread = (threads: number): Measure => {
    const whole = work('pread', threads, calls, SMALL_FILE_BYTES)
    const title = `pread 64 KiB, ${threads} threads`
    const how = { id: `pread-${threads}`, title, unit: '/s', amount: whole.count } as const
    const prepareOnce = work('put', 1, 1, (streamMib / 4) * MIB)
    return { ...how, prepareOnce, work: whole, must: 1.2, goal: 2 }
  }
  return [
    put(1, few, 5, 20),
    put(8, many, 4, 10),
    get(1, few * 4),
    get(8, many * 4),
    pread(1),
    pread(8),
  ]
}

function metadata({ operations: [few, many] }: Scale): Measure[] {
  const measure = (
    operation: Operation,
    threads: number,
    promise: Pick<Measure, 'must' | 'goal' | 'cpuMust' | 'prepareOnce' | 'prepareEach'>,
  ): Measure => {
    const whole = countOf(operation, threads)
    const name = operation === 'create' ? 'create + close' : operation
    const title = `${name}, ${threads} threads`
    return {
      ...{ id: `${operation}-${threads}`, title, unit: '/s', amount: whole.count },
      ...{ work: whole, ...promise },
    }
  }
  const countOf = (operation: Operation, threads: number) =>
    work(operation, threads, threads === 1 ? few : many)
  const created = (threads: number) => countOf('create', threads)
  const create = { must: 2, goal: 4 }
  const stat = (threads: number) => ({ must: 1.2, goal: 2, prepareOnce: created(threads) })
  const change = { must: 1, goal: 2 }
  return [
    measure('create', 1, create),
    measure('create', 16, { ...create, cpuMust: 1 }),
    measure('create', 64, create),
    measure('stat', 1, stat(1)),
    measure('stat', 16, { ...stat(16), cpuMust: 1 }),
    measure('stat', 64, stat(64)),
    measure('rename', 16, { ...change, prepareEach: [created(16)] }),
    measure('delete', 16, { ...change, prepareEach: [created(16), countOf('rename', 16)] }),
    measure('mkdir', 16, change),
  ]
}
