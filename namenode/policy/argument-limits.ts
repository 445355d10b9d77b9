/**
 * Limits on what a caller may hand in besides paths: numbers that the store must hold exactly, and texts that it keeps.
 * HDFS has few of these; without them one caller could make sums overflow for everybody, or store a name of megabytes.
 */
import { DfsError } from '../../shared/errors.js'

/** 1 TiB: far above any block that makes sense. */
export const MAX_BLOCK_SIZE_BYTES = 2 ** 40
/** Space of the whole namespace, replicas counted: sums stay within SQLite's 64 bits with room for a batch. */
export const MAX_SPACE_BYTES = 2 ** 60
const MAX_LABEL_CHARACTERS = 255

/** Names of users, groups and lease holders. @throws ILLEGAL_ARGUMENT */
export function checkLabel(what: string, value: string): void {
  if (value.length <= MAX_LABEL_CHARACTERS && !value.includes('\0')) return
  throw new DfsError(
    'ILLEGAL_ARGUMENT',
    `The ${what} has ${value.length} characters, or a NUL in it: at most ${MAX_LABEL_CHARACTERS} are allowed`,
  )
}

/** Milliseconds since the epoch; may be negative. @throws ILLEGAL_ARGUMENT */
export function checkTime(what: string, timeMs: number | undefined): void {
  if (timeMs === undefined || Number.isSafeInteger(timeMs)) return
  throw new DfsError(
    'ILLEGAL_ARGUMENT',
    `The ${what} ${timeMs} is not a whole number of milliseconds`,
  )
}

/** @throws IO */
export function checkMaxBlockSize(lengthBytes: number): void {
  if (Number.isSafeInteger(lengthBytes) && lengthBytes <= MAX_BLOCK_SIZE_BYTES) return
  throw new DfsError(
    'IO',
    `Specified block size ${lengthBytes} exceeds the maximum ${MAX_BLOCK_SIZE_BYTES}`,
  )
}

/** @param usedBytes what all files claim already, replicas counted @throws DS_QUOTA_EXCEEDED */
export function checkSpace(usedBytes: number, addedBytes: number): void {
  if (usedBytes + addedBytes <= MAX_SPACE_BYTES) return
  throw new DfsError(
    'DS_QUOTA_EXCEEDED',
    `The namespace would claim more than ${MAX_SPACE_BYTES} bytes`,
  )
}
