/** `npm run reports -- --blocks N`: full reports of large datanodes, and the loss of one (test/bench/reports.ts). */
import { prepare } from './prepare.mjs'

prepare()
const { runProgram } = await import('./run-typescript.mjs')
process.exitCode = await runProgram('bench/reports', process.argv.slice(2))
