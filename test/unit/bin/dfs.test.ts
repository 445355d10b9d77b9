import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.js'

const COMMAND = join(import.meta.dirname, '..', '..', '..', 'bin', 'dfs')
const MISSING = '/there/is/no/such/file.pem'

/** Node warns when it looks for the file. */
function warnings(command: string, words: readonly string[]): string[] {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: MISSING }
  const { stderr, error } = spawnSync(command, words, { encoding: 'utf8', env })
  if (error !== undefined) throw error
  return stderr.split('\n').filter((line) => line.includes(MISSING))
}

it('the command does not wait until Node has read certificates that it does not need', () => {
  expect(warnings(process.execPath, [COMMAND, 'version'])).toHaveLength(1)
  expect(warnings(COMMAND, ['version'])).toEqual([])
})

it('the command is found through a link and takes its words as they are', () => {
  const link = join(temporaryFolder(), 'my dfs')
  symlinkSync(COMMAND, link)
  expect(warnings(link, ['version'])).toEqual([])
  const { stderr } = spawnSync(link, ['a "b" $c *'], { encoding: 'utf8' })
  expect(stderr).toMatch(/a "b" \$c \*|not built yet/)
})
