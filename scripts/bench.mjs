/** `npm run bench`: see test/bench/README.md. */
import { prepare } from './prepare.mjs'

prepare()
const { runProgram } = await import('./run-typescript.mjs')
process.exitCode = await runProgram('bench/main', process.argv.slice(2))
