/** The shared secret by which namenode and datanodes know each other: from the settings, or from a file of mode 0600. */
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DfsError, errnoOf } from '../errors.js'
import type { Random } from '../random.js'
import type { SettingValues } from './settings.js'

const TOKEN_BYTES = 32

/** The token that the settings name. @throws DfsError CONFIGURATION when there is none */
export function readClusterToken(values: SettingValues): string {
  if (values['cluster.token'] !== '') return values['cluster.token']
  const path = values['cluster.token-file']
  const token = readTokenFile(path)
  if (token !== undefined) return token
  throw new DfsError(
    'CONFIGURATION',
    `there is no cluster token at ${path}: copy the one that the namenode wrote when it first started, ` +
      'or set cluster.token or cluster.token-file',
  )
}

/** As `readClusterToken`, but writes a fresh token when its file is missing: for the namenode, where a cluster begins. */
export function readOrCreateClusterToken(values: SettingValues, random: Random): string {
  if (values['cluster.token'] !== '') return values['cluster.token']
  const path = values['cluster.token-file']
  const token = readTokenFile(path)
  if (token !== undefined) return token
  createTokenFile(path, random)
  return readClusterToken(values)
}

function readTokenFile(path: string): string | undefined {
  try {
    const token = readFileSync(path, 'utf8').trim()
    if (token.length >= 16) return token
    throw new DfsError(
      'CONFIGURATION',
      `the cluster token in ${path} is shorter than 16 characters`,
    )
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Written aside and linked: of two processes that start together one creates it, and neither reads a half. */
function createTokenFile(path: string, random: Random): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${random.uuid()}`
  writeFileSync(temporary, `${random.bytes(TOKEN_BYTES).toString('base64url')}\n`, {
    mode: 0o600,
    flush: true,
  })
  chmodSync(temporary, 0o600)
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}
