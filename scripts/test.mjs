/**
 * `npm test`: from a fresh clone to one line of summary. Installs and builds what is missing, then runs the kinds of
 * tests one after the other (they share two cores). Arguments name the kinds: `npm test -- unit cluster`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT, prepare, runInProject, say } from './prepare.mjs'

/** Together under ten minutes on two cores. */
const KINDS = ['unit', 'cluster', 'crash']
/** On request, and in CI. `interop` installs foreign clients (JDK, Maven, Go and Python must be there). */
const MORE_KINDS = ['simulation', 'interop']

const asked = process.argv.slice(2)
const known = [...KINDS, ...MORE_KINDS]
const unknown = asked.filter((kind) => !known.includes(kind))
if (unknown.length > 0) {
  say(`unknown kind of test: ${unknown.join(', ')} (there are ${known.join(', ')})`)
  process.exit(2)
}

prepare()
const folder = mkdtempSync(join(tmpdir(), 'dfs-test-'))
const total = { passed: 0, failed: 0 }
let exitCode = 0
try {
  for (const kind of asked.length > 0 ? asked : KINDS) {
    say(`\n── ${kind} ──`)
    const { status, passed, failed } = runKind(kind)
    total.passed += passed
    total.failed += failed
    if (status !== 0) exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
process.exitCode = exitCode

function runKind(kind) {
  const report = join(folder, `${kind}.json`)
  const status = runInProject(process.execPath, [
    join(PROJECT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project',
    kind,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  return { status, ...countTests(report, status) }
}

/** A file that fails to load counts as one failure: it has no tests of its own to count. */
function countTests(report, status) {
  let counts
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'))
  } catch (error) {
    say(`no report of the tests: ${error.message}`)
    return { passed: 0, failed: 1 }
  }
  const brokenFiles = counts.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = counts.numFailedTests + brokenFiles
  // An error outside of any test (an unhandled rejection) fails the run without a failed test.
  return { passed: counts.numPassedTests, failed: status !== 0 && failed === 0 ? 1 : failed }
}
