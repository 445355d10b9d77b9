/** The figures of a run of the bench: rows of its table, verdicts, and how they are printed. */
import { cpus } from 'node:os'
import { type Comparison, median, UNITS } from './compare.js'

export interface Row {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly apache: number
  readonly ours: number
  /** How many times better ours is: the median of the rounds' ratios. */
  readonly ratio: number
  readonly must: number
  readonly goal: number
  /**
   * The ratio of servers that cost nothing: client and servers share the machine, and what the client takes for each unit
   * with ours is all that would be left. Undefined for what is no rate. Disks set limits of their own.
   */
  readonly limit?: number
}

export type Verdict = 'goal' | 'must' | 'missed'

export function verdict({ ratio, must, goal }: Row): Verdict {
  if (ratio >= goal) return 'goal'
  return ratio >= must ? 'must' : 'missed'
}

/** The rate of a measure. */
export function rateRow({ measure, apache, ours }: Comparison): Row {
  const { id, title, unit, must, goal } = measure
  const theirs = median(apache.map(({ rate }) => rate))
  const clientCpu = median(ours.map((it) => it.clientCpu))
  return {
    ...{ id, title, unit, must, goal },
    limit: (cpus().length * UNITS) / clientCpu / theirs,
    apache: theirs,
    ours: median(ours.map(({ rate }) => rate)),
    ratio: median(ours.map(({ rate }, round) => rate / (apache[round]?.rate ?? Number.NaN))),
  }
}

/**
 * What it costs the servers: processor seconds for each GiB, or milliseconds for each operation. Measures without a
 * promise are shown with one of 1: no dearer than Apache's.
 */
export function cpuRow({ measure, apache, ours }: Comparison): Row {
  const isData = measure.unit === 'MiB/s'
  // Runs count seconds for each thousand units: MiB here, operations there.
  const scale = isData ? 1.024 : 1
  const costs = (runs: Comparison['ours']) => runs.map(({ serverCpu }) => serverCpu * scale)
  const theirs = costs(apache)
  const own = costs(ours)
  const must = measure.cpuMust ?? 1
  return {
    id: `cpu-${measure.id}`,
    title: `servers' CPU: ${measure.title}`,
    unit: isData ? 's/GiB' : 'ms each',
    ...{ apache: median(theirs), ours: median(own), must: 1 / must, goal: 2 / must },
    ratio: median(own.map((cost, round) => (theirs[round] ?? Number.NaN) / cost)),
  }
}

/** Where less is better. @param limit, goal absolute, in the row's unit */
export function absoluteRow(
  row: Pick<Row, 'id' | 'title' | 'unit' | 'apache' | 'ours'>,
  limit: number,
  goal: number,
): Row {
  const { apache, ours } = row
  return { ...row, ratio: apache / ours, must: apache / limit, goal: apache / goal }
}

/** A table in Markdown. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { title, unit, apache, ours, ratio, must, goal, limit } = row
    const ratios = [ratio, must, goal, limit].map(times).join(' | ')
    return `| ${title} | ${unit} | ${shown(apache)} | ${shown(ours)} | ${ratios} | ${verdict(row)} |`
  })
  return [
    '| Measure | Unit | Apache | ours | times better | must | goal | servers that cost nothing | reached |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

const times = (ratio: number | undefined) => (ratio === undefined ? '' : `${ratio.toFixed(2)} ×`)

function shown(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value >= 10 ? value.toFixed(1) : value.toPrecision(2)
}
