/** Programs in Go from the module proxy: their sources with tests and test data, compiled once, and their own tests counted. */
import { chmodSync, cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOptions, run, runSuccessfully } from './foreign-clients.js'

const BUILD_TIMEOUT_MS = 15 * 60_000

/** Puts a writable copy of a module's sources at `folder`. The module zips of the proxy contain tests and test data. */
export async function copyGoModule(module: string, version: string, folder: string): Promise<void> {
  const answer: { readonly Dir: string } = JSON.parse(
    await go(['mod', 'download', '-json', `${module}@${version}`]),
  )
  cpSync(answer.Dir, folder, { recursive: true })
  // The module cache is read-only, and so is a copy of it.
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
    }
  }
}

/** Runs the go command; a missing one is said in words. */
export async function go(args: readonly string[], cwd?: string): Promise<string> {
  const options: RunOptions = { timeoutMs: BUILD_TIMEOUT_MS, ...(cwd !== undefined && { cwd }) }
  try {
    return await runSuccessfully('go', args, options)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('this test compiles Go programs: put Go 1.26 or newer on the PATH')
    }
    throw error
  }
}

export interface TestTally {
  readonly passed: number
  /** Names of tests; of a part, after those of what it is a part of and a slash. */
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
  /** All that was printed. */
  readonly output: string
}

/** Runs a compiled test program (`go test -c`) and counts its tests; of one in parts the parts are counted. */
export async function runGoTests(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<TestTally> {
  const { exitCode, stdout, stderr } = await run(program, ['-test.v=test2json', ...args], options)
  const events = await runSuccessfully('go', ['tool', 'test2json'], { input: stdout })
  const outcomes = new Map<string, string>()
  for (const line of events.split('\n').filter((text) => text !== '')) {
    const { Action: action, Test: name }: { Action: string; Test?: string } = JSON.parse(line)
    // One that was begun and not ended has failed.
    if (name !== undefined && ['run', 'pass', 'fail', 'skip'].includes(action)) {
      outcomes.set(name, action)
    }
  }
  const names = [...outcomes.keys()]
  const leaves = names.filter((name) => !names.some((other) => other.startsWith(`${name}/`)))
  const withOutcome = (...wanted: string[]) =>
    leaves.filter((name) => wanted.includes(outcomes.get(name) ?? ''))
  const output = `${stdout}${stderr}`
  const failed = withOutcome('run', 'fail')
  if (exitCode !== 0 && failed.length === 0) {
    throw new Error(`${program} ended with ${exitCode ?? 'a signal'}:\n${output.slice(-5000)}`)
  }
  return { passed: withOutcome('pass').length, failed, skipped: withOutcome('skip'), output }
}
