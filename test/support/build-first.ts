/** Tests with real processes run what users run: dist/, brought up to date before the first of them. */
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'

const PROJECT = dirname(dirname(import.meta.dirname))

export default function setup(): void {
  execFileSync(process.execPath, [join(PROJECT, 'scripts', 'build.mjs')], { stdio: 'inherit' })
}
