/**
 * `npm run simulate` ends here: runs seeds one after the other in this process and prints each failure with its trace.
 * Arguments: --seed first --seeds count --minutes limit --work virtual-seconds --verbose --json
 */
import { parseArgs } from 'node:util'
import { type SimulationResult, simulate } from './simulate.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '0' },
    work: { type: 'string', default: '30' },
    trace: { type: 'string', default: '40' },
    verbose: { type: 'boolean', default: false },
    /** Errors know where they come from; it is another run than without. */
    stacks: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Stop at the first seed that fails. */
    first: { type: 'boolean', default: false },
  },
})

const say = (text: string) => process.stdout.write(`${text}\n`)
// Errors of the RPC face carry their stack: where it is longer, other seeds fail. They take a tenth of the time too.
if (!values.stacks) Error.stackTraceLimit = 0
const first = Number(values.seed)
const total = {
  seeds: 0,
  events: 0,
  virtualMs: 0,
  ok: 0,
  failed: 0,
  faults: 0,
  blocksMoved: 0,
  failures: [] as { seed: number; violations: readonly string[] }[],
  hashes: [] as string[],
}
const faults: Record<string, number> = {}
const done: Record<string, number> = {}
const endMs = Number(values.minutes) * 60_000
const beganMs = performance.now()
const isOver = (seeds: number) =>
  endMs > 0 ? performance.now() - beganMs > endMs : seeds >= Number(values.seeds)

for (let seeds = 0; !isOver(seeds); seeds += 1) {
  const result = await simulate({
    seed: first + seeds,
    workMs: Number(values.work) * 1000,
    isVerbose: values.verbose,
  })
  add(result)
  if (result.violations.length === 0) continue
  if (!values.json) report(result)
  if (values.first) break
}
const cpuMs = Math.round(process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000)
if (values.json) say(JSON.stringify({ ...total, cpuMs }))
else {
  const perSeed = Math.round(cpuMs / Math.max(1, total.seeds))
  say(
    `${total.seeds} seeds from ${first}: ${total.failures.length} failed; ${total.ok} operations succeeded, ` +
      `${total.failed} did not; ${total.faults} faults; ${total.blocksMoved} blocks moved; ${Math.round(total.virtualMs / 1000)} s of virtual time, ` +
      `${total.events} events, ${perSeed} ms of processor time for each seed`,
  )
  say(`faults: ${JSON.stringify(faults)}`)
  say(`operations: ${JSON.stringify(done)}`)
}
process.exitCode = total.failures.length > 0 ? 1 : 0

function add({ seed, violations, events, virtualMs, operations, ...rest }: SimulationResult): void {
  total.seeds += 1
  total.events += events
  total.virtualMs += virtualMs
  total.ok += operations.ok
  total.failed += operations.failed
  total.blocksMoved += rest.blocksMoved
  total.hashes.push(rest.traceHash)
  for (const [kind, count] of Object.entries(rest.faults)) {
    faults[kind] = (faults[kind] ?? 0) + count
    total.faults += count
  }
  for (const [kind, count] of Object.entries(operations.done)) {
    done[kind] = (done[kind] ?? 0) + count
  }
  if (violations.length > 0) total.failures.push({ seed, violations })
}

function report({ seed, violations, trace }: SimulationResult): void {
  say(`\nseed ${seed} failed:`)
  for (const it of violations) say(`  ${it}`)
  say('the last that happened:')
  for (const line of trace.slice(-Number(values.trace))) say(`  ${line}`)
}
