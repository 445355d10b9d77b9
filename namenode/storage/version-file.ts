/**
 * Says that a data folder has a life, and whose: without it a lost database would look like a fresh folder, and an
 * empty namespace would be served over datanodes full of blocks. Written last when a folder is formatted.
 */
import { readFileSync } from 'node:fs'
import { DfsError, errnoOf } from '../../shared/errors.js'
import { writeWholeFile } from './whole-file.js'

const LAYOUT_VERSION = 1

export interface VersionFile {
  readonly clusterId: string
  readonly blockPoolId: string
  readonly createdMs: number
}

/** undefined when there is none. @throws DATABASE_CORRUPT, DATA_FOLDER_NEWER */
export function readVersionFile(path: string): VersionFile | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
  const fields = new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const layout = Number(fields.get('layoutVersion'))
  const clusterId = fields.get('clusterID')
  const blockPoolId = fields.get('blockpoolID')
  if (layout > LAYOUT_VERSION) {
    throw new DfsError(
      'DATA_FOLDER_NEWER',
      `${path} says layout ${layout}, this program knows up to ${LAYOUT_VERSION}: use the newer program`,
    )
  }
  if (!(layout >= 1) || clusterId === undefined || blockPoolId === undefined) {
    throw new DfsError(
      'DATABASE_CORRUPT',
      `${path} is damaged: restore the data folder from a backup`,
    )
  }
  return { clusterId, blockPoolId, createdMs: Number(fields.get('cTime') ?? 0) }
}

/** Whole and on the disk, or not at all. */
export function writeVersionFile(path: string, version: VersionFile): void {
  const lines = [
    `layoutVersion=${LAYOUT_VERSION}`,
    'storageType=NAME_NODE',
    `clusterID=${version.clusterId}`,
    `blockpoolID=${version.blockPoolId}`,
    `cTime=${version.createdMs}`,
  ]
  writeWholeFile(path, `${lines.join('\n')}\n`)
}
