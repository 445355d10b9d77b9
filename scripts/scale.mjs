/** `npm run scale -- --files N`: how the namenode's costs grow with the namespace (test/bench/scale.ts). */
import { prepare } from './prepare.mjs'

prepare()
const { runProgram } = await import('./run-typescript.mjs')
process.exitCode = await runProgram('bench/scale', process.argv.slice(2))
