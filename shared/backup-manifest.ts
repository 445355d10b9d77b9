/** What a backup of the namespace says of itself: `manifest.json` beside `namespace.db` in a folder named by its transaction. */
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { DfsError, toDfsError } from './errors.js'

const Count = Type.Integer({ minimum: 0 })

const BackupManifestSchema = Type.Object({
  format: Type.Literal(1),
  clusterId: Type.String(),
  blockPoolId: Type.String(),
  epoch: Count,
  /** The last one that the backup holds. */
  transactionId: Count,
  createdMs: Count,
  schemaVersion: Count,
  lengthBytes: Count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

export type BackupManifest = Static<typeof BackupManifestSchema>

export const BACKUP_DATABASE = 'namespace.db'
export const BACKUP_MANIFEST = 'manifest.json'
/** The header of an answer whose body is the database. */
export const BACKUP_HEADER = 'x-dfs-backup'

/** Names sort by transaction. */
export const backupName = (transactionId: number): string =>
  `backup-${String(transactionId).padStart(16, '0')}`

/** The name of a folder until all of it is on the disk. */
export const partialName = (name: string): string => `${name}.partial`

export const isPartialName = (name: string): boolean => name.endsWith(partialName(''))

export const isBackupName = (name: string): boolean => /^backup-\d{16}$/.test(name)

/** @param source for the message. @throws DfsError DATABASE_CORRUPT */
export function parseManifest(text: string, source: string): BackupManifest {
  try {
    const value: unknown = JSON.parse(text)
    if (Value.Check(BackupManifestSchema, value)) return value
  } catch (error) {
    throw new DfsError('DATABASE_CORRUPT', `${source} is damaged: ${toDfsError(error).message}`, {
      cause: error,
    })
  }
  throw new DfsError('DATABASE_CORRUPT', `${source} is not the manifest of a backup`)
}
