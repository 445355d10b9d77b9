/** `npm run restarts -- --blocks N`: what happens when all nodes of a cluster start at once (test/bench/restarts.ts). */
import { prepare } from './prepare.mjs'

prepare()
const { runProgram } = await import('./run-typescript.mjs')
process.exitCode = await runProgram('bench/restarts', process.argv.slice(2))
