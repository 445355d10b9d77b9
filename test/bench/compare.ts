/** Runs a measure on two clusters in turn (A B A B): what disturbs the machine then disturbs both. */
import type { Contestant } from './contestants.js'
import { diskAtRest } from './disk-rest.js'
import type { Measure } from './measures.js'
import { cpuSeconds } from './process-figures.js'
import type { Worker } from './work.js'

/** A cluster and who works on it. */
export interface Side {
  readonly cluster: Contestant
  readonly worker: Worker
}

export interface Run {
  /** Units a second. */
  readonly rate: number
  /** Processor seconds of all servers, for each thousand units. */
  readonly serverCpu: number
  /** The same of the client. */
  readonly clientCpu: number
}

export interface Comparison {
  readonly measure: Measure
  /** In the order in which they were run; the first pair, which warms everything up, is not among them. */
  readonly apache: readonly Run[]
  readonly ours: readonly Run[]
}

/** For which processor time is counted. */
export const UNITS = 1000

export async function compare(
  measure: Measure,
  sides: { readonly apache: Side; readonly ours: Side },
  rounds: number,
): Promise<Comparison> {
  const apache: Run[] = []
  const ours: Run[] = []
  for (const side of [sides.apache, sides.ours]) await prepareOnce(measure, side)
  for (let round = 0; round <= rounds; round += 1) {
    const first = await runOnce(measure, sides.apache)
    const second = await runOnce(measure, sides.ours)
    if (round === 0) continue
    apache.push(first)
    ours.push(second)
  }
  for (const side of [sides.apache, sides.ours]) await clear(measure, side)
  return { measure, apache, ours }
}

async function prepareOnce({ prepareOnce: work }: Measure, side: Side): Promise<void> {
  if (work !== undefined) await side.worker.run(side.cluster.fs, work)
}

async function runOnce(measure: Measure, side: Side): Promise<Run> {
  const { worker, cluster } = side
  for (const work of measure.prepareEach ?? []) await worker.run(cluster.fs, work)
  if (measure.writesMuch === true) await diskAtRest()
  const serverBefore = cpuSeconds(cluster.pids)
  const clientBefore = cpuSeconds([worker.pid])
  const seconds = await worker.run(cluster.fs, measure.work)
  const serverCpu = cpuSeconds(cluster.pids) - serverBefore
  const clientCpu = cpuSeconds([worker.pid]) - clientBefore
  if (measure.prepareOnce === undefined) await clear(measure, side)
  return {
    rate: measure.amount / seconds,
    serverCpu: (serverCpu * UNITS) / measure.amount,
    clientCpu: (clientCpu * UNITS) / measure.amount,
  }
}

async function clear(measure: Measure, { worker, cluster }: Side): Promise<void> {
  await worker.run(cluster.fs, { ...measure.work, operation: 'clear', threads: 1, count: 1 })
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (upper + lower) / 2
}
