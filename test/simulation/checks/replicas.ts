/** What lies on the simulated disks, seen by somebody who sees everything: the judge of what the cluster says of itself. */
import { basename } from 'node:path'
import {
  isTemporaryName,
  type MetaSuffix,
  parseBlockFileName,
} from '../../../datanode/blocks/layout.js'
import {
  decodeHeader,
  decodeRecord,
  HEADER_BYTES,
  hashData,
  metaLengthBytes,
  RECORD_DATA_BYTES,
  recordOffset,
} from '../../../datanode/blocks/meta-format.js'
import type { DatanodeProcess } from '../world/datanode-process.js'

export interface ReplicaOnDisk {
  readonly datanode: DatanodeProcess
  readonly blockId: number
  readonly generationStamp: number
  readonly state: MetaSuffix
  readonly path: string
  readonly data: Buffer
  readonly meta: Buffer
}

/** All replicas on all disks, also of nodes that are down, by block. */
export function replicasOnDisks(
  datanodes: readonly DatanodeProcess[],
): Map<number, ReplicaOnDisk[]> {
  const found = new Map<number, ReplicaOnDisk[]>()
  for (const datanode of datanodes) {
    const files = datanode.disk.files()
    for (const [path, { data: meta }] of files) {
      const name = basename(path)
      const file = isInPlace(path) ? parseBlockFileName(name) : undefined
      if (file?.kind !== 'meta') continue
      const dataPath = `${path.slice(0, -name.length)}blk_${file.id}`
      const data = files.get(dataPath)?.data
      if (data === undefined) continue
      const replica = {
        datanode,
        blockId: file.id,
        generationStamp: file.generationStamp,
        state: file.suffix,
        path: dataPath,
        data,
        meta,
      }
      const others = found.get(file.id)
      if (others === undefined) found.set(file.id, [replica])
      else others.push(replica)
    }
  }
  return found
}

/** What a copy in flight, or one that was forgotten, has left. */
export function temporaryFiles(datanode: DatanodeProcess): string[] {
  return [...datanode.disk.files().keys()].filter((it) => isTemporaryName(basename(it)))
}

/** Its data are what its checksums say, and all of these are there. */
export function isWhole({ blockId, data, meta }: ReplicaOnDisk): boolean {
  if (decodeHeader(meta.subarray(0, HEADER_BYTES), blockId) === undefined) return false
  if (meta.length !== metaLengthBytes(data.length)) return false
  for (let index = 0; index * RECORD_DATA_BYTES < data.length; index += 1) {
    const covered = data.subarray(index * RECORD_DATA_BYTES, (index + 1) * RECORD_DATA_BYTES)
    const record = decodeRecord(meta, recordOffset(index), blockId, index)
    if (record?.coveredBytes !== covered.length || record.dataHash !== hashData(covered)) {
      return false
    }
  }
  return true
}

const isInPlace = (path: string) => path.includes('/blocks/')
