/** Entry of the `dfs` command: the only file of the command line that names the real process. */
import { userInfo } from 'node:os'
import { DfsError } from '../shared/errors.js'
import { silentLog } from '../shared/log.js'
import { systemSeams } from '../shared/system-seams.js'
import type { CliIo } from './io.js'
import { run } from './program.js'

const interruption = new AbortController()

/** The first signal ends the command in order (temporary files go away); a second one ends the process at once. */
function interrupt(signal: NodeJS.Signals): void {
  if (interruption.signal.aborted) process.exit(signal === 'SIGINT' ? 130 : 143)
  interruption.abort(new DfsError('INTERRUPTED', `interrupted by ${signal}`))
}

/** A server of `dfs up` hears from that when to end; a terminal tells both, and the second signal would end it at once. */
const isChild = process.send !== undefined
process.on('SIGINT', isChild ? () => {} : interrupt)
process.on('SIGTERM', interrupt)
// Under `nohup` (bin/dfs).
const ignoresHangup = isChild || process.env['DFS_IGNORES_HANGUP'] !== undefined
process.on('SIGHUP', ignoresHangup ? () => {} : interrupt)
// A reader that went away shows in the next write (io.ts); without a listener it would end the process with a stack.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const io: CliIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  get stdin() {
    return process.stdin
  },
  environment: process.env,
  signal: interruption.signal,
  isErrorTerminal: process.stderr.isTTY === true,
  osUser: () => userInfo().username,
  workingDirectory: () => process.cwd(),
  seams: systemSeams(silentLog),
}

// No `await` here: a script whose compiled code is kept (bin/dfs) cannot have one at its top.
void run(process.argv.slice(2), io).then((code) => {
  process.exitCode = code
})
