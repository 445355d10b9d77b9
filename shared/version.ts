/** The version of this software, from package.json, the one place that has it. */
import { readFileSync } from 'node:fs'

let version: string | undefined

/** Works from the sources and from dist: the package file is one folder further up there. */
export function readVersion(): string {
  version ??= find(['../package.json', '../../package.json'])
  return version
}

function find(candidates: readonly string[]): string {
  for (const candidate of candidates) {
    try {
      const { name, version } = JSON.parse(
        readFileSync(new URL(candidate, import.meta.url), 'utf8'),
      )
      if (name === 'dfs' && typeof version === 'string') return version
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return 'unknown'
}
