/** `dfs backup`: a consistent copy of the namespace of a running namenode, in a folder of this machine. */
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import {
  BACKUP_DATABASE,
  BACKUP_HEADER,
  BACKUP_MANIFEST,
  type BackupManifest,
  backupName,
  isBackupName,
  parseManifest,
} from '../../shared/backup-manifest.js'
import { DfsError } from '../../shared/errors.js'
import { sha256OfFile } from '../../shared/file-digest.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askNamenode, HTTP_OPTION } from '../namenode-http.js'
import { sizeWithUnit } from '../rendering/sizes.js'

interface BackupOptions {
  readonly keep?: string
  readonly http?: string
  readonly json?: true
}

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<folder>', 'where backups are kept, each in a folder named by its transaction')
    .option('--keep <n>', 'afterwards delete all but the newest n')
    .option(...HTTP_OPTION)
    .option('--json', 'print a JSON document')
  examples(command, [
    'dfs backup /var/backups/dfs --keep 48',
    'dfs restore --from /var/backups/dfs --data /srv/dfs/namenode-restored',
  ])
  command.action(async (folder: string, options: BackupOptions) => {
    const keep = options.keep === undefined ? undefined : keptNumber(options.keep)
    const parent = resolve(context.io.workingDirectory(), folder)
    const response = await askNamenode(context, {
      path: '/api/v1/backup',
      parameters: { 'user.name': context.user },
      http: options.http,
    })
    const text = response.headers.get(BACKUP_HEADER)
    if (text === null || response.body === null) {
      throw new DfsError('REMOTE', `${response.url} is not a namenode of dfs`)
    }
    const manifest = parseManifest(text, `the answer of ${response.url}`)
    const path = await store(Readable.fromWeb(response.body), manifest, parent)
    const removed = keep === undefined ? [] : await removeOld(parent, keep)
    if (options.json === true) {
      await printJson(context.io, { path, ...manifest, removed })
      return
    }
    const { transactionId, lengthBytes } = manifest
    const size = sizeWithUnit(lengthBytes)
    await printLine(context.io, `Backup of transaction ${transactionId} (${size}): ${path}`)
    for (const name of removed) await printLine(context.io, `Removed ${name}`)
  })
}

/** Writes beside the place and moves there when everything is on the disk: a folder with the name is a whole backup. */
async function store(body: Readable, manifest: BackupManifest, parent: string): Promise<string> {
  const path = join(parent, backupName(manifest.transactionId))
  if (existsSync(path)) {
    body.destroy()
    return path
  }
  const partial = `${path}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    const database = join(partial, BACKUP_DATABASE)
    await pipeline(body, createWriteStream(database, { mode: 0o600 }))
    if ((await sha256OfFile(database)) !== manifest.sha256) {
      throw new DfsError('DATABASE_CORRUPT', 'the backup was damaged on its way')
    }
    const manifestPath = join(partial, BACKUP_MANIFEST)
    await writeFile(manifestPath, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 })
    for (const it of [database, manifestPath, partial]) await sync(it)
    await rename(partial, path)
    await sync(parent)
    return path
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

async function removeOld(parent: string, keep: number): Promise<string[]> {
  const names = (await readdir(parent)).filter(isBackupName).toSorted()
  const old = names.slice(0, Math.max(0, names.length - keep))
  for (const name of old) await rm(join(parent, name), { recursive: true })
  return old
}

function keptNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new DfsError('USAGE', `--keep must be a number from 1 upwards, not '${text}'`)
}
