/**
 * What a power cut leaves of a namenode's folder. The namespace: what was synced of its write-ahead log, and of the rest
 * any sectors. The record of the last transaction, which is synced a little later: each of its slots as it is, or older.
 * The replica map, which is never synced: as it is, an earlier state, or nothing.
 */
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { namespacePaths } from '../../../namenode/service/namespace/namespace-folder.js'
import type { Random } from '../../../shared/random.js'

const SECTOR_BYTES = 512
const MAP = 'replicas.db'

export interface PowerCut {
  /** Bytes of the namespace's write-ahead log that are certainly there. */
  readonly syncedBytes: number
  /** The record as it was when this life began. */
  readonly recordAtStart: Buffer
  readonly random: Random
}

/** What a kill leaves: all that was written. */
export function copyFolder(from: string, to: string): void {
  for (const name of namesIn(from)) copyFileSync(join(from, name), join(to, name))
}

/** @param to an empty folder */
export function copyAfterPowerCut(from: string, to: string, cut: PowerCut): void {
  const { random } = cut
  const isMapGone = random.below(3) === 0
  for (const name of namesIn(from)) {
    const path = join(from, name)
    if (path === `${namespacePaths(from).database}-wal`) {
      writeFileSync(join(to, name), tornBehind(readFileSync(path), cut.syncedBytes, random))
    } else if (path === namespacePaths(from).record) {
      writeFileSync(join(to, name), olderSlots(readFileSync(path), cut.recordAtStart, random))
    } else if (name === `${MAP}-wal` && !isMapGone && random.below(2) === 0) {
      const sectors = random.below(Math.ceil(statSync(path).size / SECTOR_BYTES) + 1)
      writeFileSync(join(to, name), readFileSync(path).subarray(0, sectors * SECTOR_BYTES))
    } else if (!(isMapGone && name.startsWith(MAP))) {
      copyFileSync(path, join(to, name))
    }
  }
}

/** A lock is of the process that held it, an index of a write-ahead log is made anew. */
function namesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== 'lock' && !name.endsWith('-shm'))
}

/** Each unsynced sector is there or not, on its own. */
function tornBehind(bytes: Buffer, syncedBytes: number, random: Random): Buffer {
  for (let at = syncedBytes; at < bytes.length; at += SECTOR_BYTES) {
    if (random.below(2) === 0) bytes.fill(0, at, Math.min(bytes.length, at + SECTOR_BYTES))
  }
  return bytes
}

function olderSlots(now: Buffer, before: Buffer, random: Random): Buffer {
  for (let at = 0; at < before.length; at += SECTOR_BYTES) {
    if (random.below(2) === 0) before.copy(now, at, at, at + SECTOR_BYTES)
  }
  return now
}
