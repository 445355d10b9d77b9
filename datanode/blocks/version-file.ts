/**
 * Who a volume belongs to: VERSION.json in its folder. Replaced whole (temporary file, sync, rename, sync of the folder).
 * The highest epoch seen is kept here too: it outlives the process, because a command of an older namenode may arrive
 * after a restart (reliability I10).
 */
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { crashPoint } from '../../shared/crash-point.js'
import { type Disk, renameDurably } from '../../shared/disk.js'
import { DfsError } from '../../shared/errors.js'
import { VERSION_FILE } from './layout.js'

/** Grows with each incompatible change of FORMAT.md. */
export const VOLUME_FORMAT_VERSION = 1

const VersionSchema = Type.Object({
  formatVersion: Type.Integer({ minimum: 1 }),
  datanodeUuid: Type.String({ minLength: 1, maxLength: 128 }),
  storageId: Type.String({ minLength: 1, maxLength: 128 }),
  /** Both undefined until the node has registered once. */
  clusterId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  blockPoolId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  epoch: Type.Integer({ minimum: 0 }),
})
export type VolumeVersion = Static<typeof VersionSchema>

/** What every version of the file has, also those to come. */
const AnyVersion = Type.Object({ formatVersion: Type.Integer() })

const MAX_BYTES = 64 * 1024

/**
 * undefined when the folder has no version file.
 * @throws DfsError DATA_FOLDER_NEWER written by a later version of this software · IO not readable as a version file
 */
export async function readVersion(disk: Disk, folder: string): Promise<VolumeVersion | undefined> {
  const path = join(folder, VERSION_FILE)
  if ((await disk.stat(path)) === undefined) return undefined
  const file = await disk.open(path, 'read')
  let text: string
  try {
    const buffer = Buffer.alloc(MAX_BYTES)
    text = buffer.toString('utf8', 0, await file.read(buffer, 0, MAX_BYTES, 0))
  } finally {
    await file.close()
  }
  return parseVersion(text, path)
}

function parseVersion(text: string, path: string): VolumeVersion {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new DfsError('IO', `${path} is damaged: it is not JSON`, { cause: error })
  }
  if (Value.Check(AnyVersion, value) && value.formatVersion > VOLUME_FORMAT_VERSION) {
    throw new DfsError(
      'DATA_FOLDER_NEWER',
      `${path} has format version ${value.formatVersion}; this software knows up to ${VOLUME_FORMAT_VERSION}`,
    )
  }
  if (!Value.Check(VersionSchema, value)) throw new DfsError('IO', `${path} is damaged`)
  return value
}

/** Returns when the new contents would survive a power cut. */
export async function writeVersion(
  disk: Disk,
  folder: string,
  version: VolumeVersion,
): Promise<void> {
  const path = join(folder, VERSION_FILE)
  const temporary = `${path}.new`
  await disk.remove(temporary)
  const file = await disk.open(temporary, 'create-new')
  try {
    const bytes = Buffer.from(`${JSON.stringify(version, undefined, 2)}\n`)
    await file.write(bytes, 0, bytes.length, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  crashPoint('version.written')
  await renameDurably(disk, temporary, path)
  crashPoint('version.renamed')
}
