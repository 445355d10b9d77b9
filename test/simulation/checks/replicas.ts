/** What lies on the simulated disks, seen by somebody who sees everything: the judge of what the cluster says of itself. */
import { basename } from 'node:path'
import {
  isTemporaryName,
  type MetaSuffix,
  parseBlockFileName,
} from '../../../datanode/blocks/layout.js'
import type { DatanodeProcess } from '../world/datanode-process.js'

export interface ReplicaOnDisk {
  readonly datanode: DatanodeProcess
  readonly blockId: number
  readonly generationStamp: number
  readonly state: MetaSuffix
  readonly path: string
  readonly data: Buffer
  readonly metaBytes: number
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
        metaBytes: meta.length,
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

const isInPlace = (path: string) => path.includes('/blocks/')
