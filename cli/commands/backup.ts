/** `dfs backup`: a consistent copy of the namespace of a running namenode, in a folder of this machine. */
import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { removeOldBackups, storeBackup } from '../../shared/backup-folder.js'
import { BACKUP_HEADER, parseManifest } from '../../shared/backup-manifest.js'
import { lostAnswer } from '../../shared/client/namenode-web.js'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { type CommandContext, examples } from '../command.js'
import { printJson, printLine } from '../io.js'
import { askNamenode, HTTP_OPTION } from '../namenode-http.js'
import { sizeWithUnit } from '../rendering/sizes.js'
import { countArgument } from '../words.js'

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
    const keep = options.keep === undefined ? undefined : countArgument(options.keep, '--keep')
    const parent = resolve(context.io.workingDirectory(), folder)
    const response = await askNamenode(context, {
      path: '/api/v1/backup',
      http: options.http,
    })
    const text = response.headers.get(BACKUP_HEADER)
    if (text === null || response.body === null) {
      throw new DfsError('REMOTE', `${response.url} is not a namenode of dfs`)
    }
    const manifest = parseManifest(text, `the answer of ${response.url}`)
    const body = Readable.fromWeb(response.body)
    const path = await storeBackup(parent, manifest, (database) =>
      pipeline(body, createWriteStream(database, { mode: 0o600 })).catch((error: unknown) => {
        // What a disk refuses has a code of the system; what a connection lost has none.
        throw errnoOf(error) === undefined ? lostAnswer(response.url, error) : error
      }),
    )
    body.destroy()
    const removed = keep === undefined ? [] : await removeOldBackups(parent, keep)
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
