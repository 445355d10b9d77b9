/**
 * `npm run fuzz [-- --seconds 60 --seed 1 --target ipc]`: damaged and made-up input for the faces of a live cluster and for
 * the decoder of messages. Without a target all take turns; without a seed one is chosen and printed.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PROJECT, prepare, runInProject, say } from './prepare.mjs'

const TARGETS = ['message', 'ipc', 'datanode-ipc', 'transfer', 'http', 'datanode-http']

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
  },
})
const isNumber = (text) => /^\d{1,9}$/.test(text)
if (!isNumber(values.seconds) || !isNumber(values.seed)) {
  say('--seconds and --seed are whole numbers')
  process.exit(2)
}
if (values.target !== undefined && !TARGETS.includes(values.target)) {
  say(`unknown target ${values.target} (there are ${TARGETS.join(', ')})`)
  process.exit(2)
}
prepare()
say(`fuzzing ${values.target ?? TARGETS.join(', ')} for ${values.seconds} s, seed ${values.seed}`)
process.env.DFS_FUZZ_SECONDS = values.seconds
process.env.DFS_FUZZ_SEED = values.seed
process.env.DFS_FUZZ_TARGETS = values.target ?? TARGETS.join(',')
process.exitCode = runInProject(process.execPath, [
  join(PROJECT, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--project',
  'fuzz',
  '--disable-console-intercept',
])
