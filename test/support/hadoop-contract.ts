/** Hadoop's abstract contract tests, run against a server of ours: see ContractRunner.java. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './foreign-clients.js'
import { javaClassPath } from './java-clients.js'

const VERSION = '3.4.3'
const TIME_LIMIT_MS = 25 * 60_000

export interface ContractVerdict {
  readonly passed: readonly string[]
  readonly skipped: readonly string[]
  /** Names of the tests that failed. */
  readonly failed: readonly string[]
  /** For the message: each failed test with its reason. */
  readonly reasons: string
}

/**
 * Runs all of them in one Java machine.
 * @param server hdfs:// or webhdfs:// address
 * @param leaveOut names of classes that do not apply
 * @throws Error when the Java machine did not come to its end
 */
export async function runContractTests(
  server: string,
  leaveOut: readonly string[] = [],
): Promise<ContractVerdict> {
  const classPath = await javaClassPath(VERSION, 'contract')
  const words = ['-Xmx1g', '-XX:+UseSerialGC', `-Dserver=${server}`, '-cp', classPath]
  // Some of them write to `target` in the folder they are started in.
  const folder = mkdtempSync(join(tmpdir(), 'dfs-contract-'))
  const { exitCode, stdout, stderr } = await run(
    'java',
    [...words, 'ContractRunner', ...leaveOut],
    { cwd: folder, timeoutMs: TIME_LIMIT_MS },
  ).finally(() => rmSync(folder, { recursive: true, force: true }))
  if (exitCode !== 0) {
    throw new Error(`the contract tests ended with ${exitCode ?? 'a signal'}: ${tail(stderr)}`)
  }
  const tests = stdout
    .split('\n')
    .filter((line) => line.startsWith('TEST\t'))
    .map((line) => line.split('\t'))
    .map(([, outcome = '', name = '', , reason = '']) => ({
      outcome,
      name,
      reason: Buffer.from(reason, 'base64').toString('utf8'),
    }))
  const namesOf = (wanted: string) =>
    tests
      .filter(({ outcome }) => outcome === wanted)
      .map(({ name }) => name)
      .sort()
  return {
    passed: namesOf('PASSED'),
    skipped: namesOf('SKIPPED'),
    failed: namesOf('FAILED'),
    reasons: tests
      .filter(({ outcome }) => outcome === 'FAILED')
      .map(({ name, reason }) => `${name}: ${reason.slice(0, 1500)}`)
      .join('\n\n'),
  }
}

const tail = (text: string) => text.slice(-4000)
