/** `npm run soak -- --minutes N`: mixed clients and faults for as long as asked (test/soak). */
import { prepare } from './prepare.mjs'

prepare()
const { runProgram } = await import('./run-typescript.mjs')
process.exitCode = await runProgram('soak/main', process.argv.slice(2))
