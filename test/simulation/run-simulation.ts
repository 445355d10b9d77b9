/** Runs the simulation as `npm run simulate` does, in processes of its own, and reads its sums. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

export interface SimulationSums {
  readonly seeds: number
  readonly events: number
  readonly ok: number
  readonly failed: number
  readonly faults: number
  readonly cpuMs: number
  readonly failures: readonly { readonly seed: number; readonly violations: readonly string[] }[]
  readonly hashes: readonly string[]
}

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'simulate.mjs')
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** @param options as on the command line, without `--json` */
export async function runSimulation(...options: string[]): Promise<SimulationSums[]> {
  const output = await runScript(...options, '--json')
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): SimulationSums => JSON.parse(line))
}

/** What the script printed. Its exit code says whether a seed failed, which the sums say too. */
export function runScript(...options: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = [SCRIPT, ...options]
    execFile(
      process.execPath,
      command,
      { maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (stdout === '')
          reject(new Error(`the simulation printed nothing: ${stderr}`, { cause: error }))
        else resolve(stdout)
      },
    )
  })
}
