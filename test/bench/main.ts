/** `npm run bench`: Apache HDFS and our cluster on this machine, the same client for both, interleaved. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchOptions } from './bench-options.js'
import { type Comparison, compare, median, type Side } from './compare.js'
import { type Contestant, startApache, startOurs } from './contestants.js'
import { JavaBench } from './java-bench.js'
import { FULL, measures, QUICK } from './measures.js'
import { OwnClient } from './own-client.js'
import { plot } from './plot.js'
import { describeMachine, residentMib } from './process-figures.js'
import { absoluteRow, cpuRow, type Row, rateRow, table, verdict } from './results.js'
import { timeCommand } from './shells.js'

const RESULTS = join(import.meta.dirname, '..', '..', 'docs', 'bench')
const LIST_RUNS = 5

interface ResultSet {
  readonly name: string
  readonly rows: readonly Row[]
}

const values = benchOptions()
const { isQuick } = values
const scale = isQuick ? QUICK : FULL
const rounds = Number(values.rounds ?? scale.rounds)
const say = (text: string) => process.stderr.write(`${text}\n`)

await main()

async function main(): Promise<void> {
  const stopping: (() => Promise<void>)[] = []
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const it = await starting
    stopping.push(() => it.stop())
    return it
  }
  process.once('SIGINT', () => {
    void Promise.allSettled(stopping.map((stop) => stop())).then(() => process.exit(130))
  })
  try {
    say(`starting ${values.against ?? 'Apache HDFS'} and dfs`)
    const other = await started(startOther())
    const ours = await started(startOurs(values.set))
    const own = await started(Promise.resolve(new OwnClient()))
    if (values.against !== undefined) {
      const isJava = values.clients === 'java'
      const worker = isJava ? await started(JavaBench.start()) : own
      const rows = await runSet({ cluster: other, worker }, { cluster: ours, worker })
      const states = `${values.against} (in the place of Apache) and this checkout`
      report(`${states}, ${worker.name}`, rows)
      return
    }
    const java = await started(JavaBench.start())
    const sets: ResultSet[] = []
    const theirs = { cluster: other, worker: java }
    if (values.clients.includes('java')) {
      const rows = await runSet(theirs, { cluster: ours, worker: java })
      rows.push(...(await wholeClusters(other, ours)))
      sets.push({ name: 'The same Java client', rows })
    }
    if (values.clients.includes('own')) {
      const rows = await runSet(theirs, { cluster: ours, worker: own })
      sets.push({ name: "Our client on our cluster, Apache's on Apache's", rows })
    }
    for (const { name, rows } of sets) report(name, rows)
    if (values.save || (!isQuick && values.only === undefined)) save(sets)
  } finally {
    for (const stop of stopping.reverse()) await stop()
  }
}

async function startOther(): Promise<Contestant> {
  if (values.against !== undefined) return startOurs([], join(values.against, 'bin', 'dfs'))
  return startApache(Object.fromEntries(values.apache.map((pair) => pair.split('=', 2))))
}

function isWanted(id: string): boolean {
  return values.only?.split(',').some((begin) => id.startsWith(begin)) ?? true
}

async function runSet(apache: Side, ours: Side): Promise<Row[]> {
  const comparisons: Comparison[] = []
  for (const measure of measures(scale)) {
    if (!isWanted(measure.id)) continue
    const comparison = await compare(measure, { apache, ours }, rounds)
    comparisons.push(comparison)
    for (const row of [rateRow(comparison), cpuRow(comparison)]) {
      say(
        `${row.title} [${row.unit}]: ${row.apache.toPrecision(4)} · ${row.ours.toPrecision(4)} · ${row.ratio.toFixed(2)} ×`,
      )
    }
  }
  return [...comparisons.map(rateRow), ...comparisons.map(cpuRow)]
}

/** What belongs to the clusters as a whole. */
async function wholeClusters(apache: Contestant, ours: Contestant): Promise<Row[]> {
  const rows: Row[] = []
  if (isWanted('start')) {
    const row = { id: 'start', title: 'formatting to the first write', unit: 's' }
    const figures = { apache: apache.firstWriteSeconds, ours: ours.firstWriteSeconds }
    rows.push(absoluteRow({ ...row, ...figures }, 1, 0.3))
  }
  if (isWanted('memory')) {
    const row = { id: 'memory', title: 'resident memory afterwards', unit: 'MiB' }
    const figures = { apache: residentMib(apache.pids), ours: residentMib(ours.pids) }
    rows.push(absoluteRow({ ...row, ...figures }, 800, 400))
  }
  if (isWanted('ls')) {
    const row = { id: 'ls', title: '`ls /` from the shell', unit: 's' }
    rows.push(absoluteRow({ ...row, ...(await listingSeconds(apache, ours)) }, 0.1, 0.05))
  }
  return rows
}

async function listingSeconds(apache: Contestant, ours: Contestant) {
  const seconds: { apache: number[]; ours: number[] } = { apache: [], ours: [] }
  for (let run = 0; run < LIST_RUNS; run += 1) {
    seconds.apache.push(await timeCommand(apache.listCommand))
    seconds.ours.push(await timeCommand(ours.listCommand))
  }
  return { apache: median(seconds.apache), ours: median(seconds.ours) }
}

function report(name: string, rows: readonly Row[]): void {
  const missed = rows.filter((row) => verdict(row) === 'missed').length
  process.stdout.write(`\n## ${name}\n\n${table(rows)}\n\n`)
  process.stdout.write(`${rows.length - missed} of ${rows.length} reach what they must.\n`)
}

function save(sets: readonly ResultSet[]): void {
  mkdirSync(RESULTS, { recursive: true })
  const date = new Date().toISOString()
  const machine = describeMachine()
  const settings = { scale, rounds, ours: values.set, apache: values.apache }
  const stem = join(RESULTS, `${date.slice(0, 16).replace(':', '')}${isQuick ? '-quick' : ''}`)
  writeFileSync(
    `${stem}.json`,
    `${JSON.stringify({ date, machine, settings, sets }, undefined, 2)}\n`,
  )
  for (const [index, { name, rows }] of sets.entries()) {
    writeFileSync(
      `${stem}-${index + 1}.svg`,
      plot(rows, `${name}: how many times better than Apache HDFS`),
    )
  }
  const text = sets.map(({ name, rows }) => `## ${name}\n\n${table(rows)}\n`).join('\n')
  writeFileSync(`${stem}.md`, `# Bench of ${date}\n\n${JSON.stringify(machine)}\n\n${text}`)
  say(`saved ${stem}.json`)
}
