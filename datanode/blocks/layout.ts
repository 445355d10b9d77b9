/**
 * Names of files and folders in a volume: see FORMAT.md. The state and the generation stamp of a replica are in the name
 * of its meta file, so that every change of state is one rename, and a start needs no file opened to know what is there.
 */
import { join } from 'node:path'

export const VERSION_FILE = 'VERSION.json'
export const LOCK_FILE = 'lock'
export const BLOCKS_FOLDER = 'blocks'
export const TEMPORARY_FOLDER = 'tmp'
export const QUARANTINE_FOLDER = 'quarantine'

/** `meta`: finalized. `writing`: being written. `deleting`: a deletion has begun and is finished at start. */
export type MetaSuffix = 'meta' | 'writing' | 'deleting'

export type BlockFileName =
  | { readonly kind: 'data'; readonly id: number }
  | {
      readonly kind: 'meta'
      readonly id: number
      readonly generationStamp: number
      readonly suffix: MetaSuffix
    }

const hex = (byte: number) => byte.toString(16).padStart(2, '0')

/** The folder of a block below the volume: two levels from bits 8 to 23 of the id, so 256 neighbours share one. */
export function blockFolder(id: number): string {
  const page = Math.floor(id / 256)
  return join(BLOCKS_FOLDER, hex(Math.floor(page / 256) % 256), hex(page % 256))
}

export function dataName(id: number): string {
  return `blk_${id}`
}

export function metaName(id: number, generationStamp: number, suffix: MetaSuffix): string {
  return `blk_${id}_${generationStamp}.${suffix}`
}

const DATA_PATTERN = /^blk_([1-9]\d{0,15})$/
const META_PATTERN = /^blk_([1-9]\d{0,15})_([1-9]\d{0,15})\.(meta|writing|deleting)$/
const TEMPORARY_PATTERN = /^blk_[1-9]\d{0,15}_[1-9]\d{0,15}\.[0-9a-f-]{36}\.(data|meta)$/

/** undefined for a name that is not ours. */
export function parseBlockFileName(name: string): BlockFileName | undefined {
  const data = DATA_PATTERN.exec(name)
  if (data !== null) return { kind: 'data', id: Number(data[1]) }
  const meta = META_PATTERN.exec(name)
  if (meta === null) return undefined
  return {
    kind: 'meta',
    id: Number(meta[1]),
    generationStamp: Number(meta[2]),
    suffix: meta[3] as MetaSuffix,
  }
}

/** Files of a copy in flight; `nonce` is a UUID, so that two attempts never share a file. */
export function temporaryNames(
  id: number,
  generationStamp: number,
  nonce: string,
): { readonly data: string; readonly meta: string } {
  const stem = `blk_${id}_${generationStamp}.${nonce}`
  return { data: `${stem}.data`, meta: `${stem}.meta` }
}

export function isTemporaryName(name: string): boolean {
  return TEMPORARY_PATTERN.test(name)
}
