/** Opening a replica for reading: what of it is visible, from which files, and what of it is still in memory only. */
import type { BlockStore } from './block-store.js'
import { ReplicaFile } from './replica-file.js'
import { ReplicaReader } from './replica-reader.js'
import { replicaNotFound } from './volume-scan.js'

/** `kept` takes the files that an earlier reader left open; whoever looks for damage wants them `fresh`. */
export type Freshness = 'fresh' | 'kept'

/** @throws as `BlockStore.openReader` */
export async function openReader(
  store: BlockStore,
  id: number,
  blockName: string,
  how: Freshness,
): Promise<ReplicaReader> {
  const replica = store.get(id)
  if (replica === undefined) throw replicaNotFound(blockName)
  const open = () => ReplicaFile.open(replica.volume.disk, id, store.pathsOf(replica), 'read')
  if (replica.kind === 'finalized') {
    const { lengthBytes } = replica
    const file = how === 'kept' ? await store.keptFiles.take(replica, open) : await open()
    const extent = { visibleBytes: lengthBytes, recordedBytes: lengthBytes, tail: undefined }
    return new ReplicaReader({ replica, file, ...extent })
  }
  // Taken before anything is awaited: what is visible now stays true while the files are being opened.
  const { writer, visibleBytes } = replica
  const tail = writer?.copyTail(visibleBytes)
  const recordedBytes = writer === undefined ? replica.lengthBytes : Number.MAX_SAFE_INTEGER
  return new ReplicaReader({ replica, file: await open(), visibleBytes, recordedBytes, tail })
}
