/** `npm run soak -- --minutes N`: see soak.ts. Exit code 0 when nothing was lost and nothing grew. */
import { parseArgs } from 'node:util'
import { soak } from './soak.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'fault-every': { type: 'string', default: '20' },
    clients: { type: 'string', default: '3' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)

say(`soaking for ${values.minutes} minutes, seed ${values.seed}`)
const report = await soak({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  faultEverySeconds: Number(values['fault-every']),
  clientsOfEachKind: Number(values.clients),
  say,
})
say(`${report.operations} operations, ${report.failures} cut off by ${report.faults} faults`)
for (const complaint of report.complaints) say(`COMPLAINT: ${complaint}`)
say(report.complaints.length === 0 ? 'all is well' : `${report.complaints.length} complaints`)
process.exit(report.complaints.length === 0 ? 0 : 1)
