/** Programs that the operator names in the settings. */
import { execFile } from 'node:child_process'
import { withExtraCertificates } from '../shared/extra-certificates.js'

const MAX_OUTPUT_BYTES = 64 * 1024

/** Runs a program without a shell; rejects when it fails or takes longer. @returns what it printed */
export function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const options = {
    env: withExtraCertificates(),
    timeout: timeoutMs,
    maxBuffer: MAX_OUTPUT_BYTES,
    killSignal: 'SIGKILL',
  } as const
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(error)
    })
  })
}
