import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { startOnce } from '../../../scripts/start-once.mjs'
import { temporaryFolder } from '../../support/temporary-folder.js'

afterEach(() => vi.unstubAllEnvs())

/** A command that notes how it was called; as `up` it then runs until it is told to end. */
const PROGRAM = `#!/bin/sh
echo "config=$DFS_CONFIG target=$DFS_REPLICATION_TARGET debug=$DFS_DEBUG home=$HOME" > "$(dirname "$0")/$$.env"
[ "$1" = up ] || exit 0
echo '{"fs":"hdfs://127.0.0.1:1"}'
exec sleep 60
`

it('the start after a build has no settings of whoever builds', async () => {
  const folder = temporaryFolder()
  const program = join(folder, 'dfs')
  writeFileSync(program, PROGRAM, { mode: 0o755 })
  vi.stubEnv('DFS_CONFIG', '/etc/dfs/mine.yaml')
  vi.stubEnv('DFS_REPLICATION_TARGET', '2')
  vi.stubEnv('DFS_DEBUG', '1')
  vi.stubEnv('HOME', '/home/me')
  await startOnce(program)
  const notes = readdirSync(folder).filter((name) => name.endsWith('.env'))
  const seen = notes.map((name) => readFileSync(join(folder, name), 'utf8'))
  const clean = 'config=/dev/null target= debug= home=/home/me\n'
  expect(seen).toEqual([clean, clean])
})
