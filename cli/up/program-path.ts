/** Where the `dfs` program of this very checkout or package is: servers are started with it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DfsError } from '../../shared/errors.js'

/** From dist/cli/up and from the sources it is one folder further up there. */
export function programPath(): string {
  const candidates = ['../../../bin/dfs', '../../bin/dfs'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  const found = candidates.find((path) => existsSync(path))
  if (found === undefined) throw new DfsError('INTERNAL', `no dfs program at ${candidates[0]}`)
  return found
}
