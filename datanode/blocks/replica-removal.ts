/**
 * The steps by which a replica leaves a volume, each of which a crash may follow: FORMAT.md says what the next start makes
 * of what it finds. Called inside the block's queue.
 */
import { join } from 'node:path'
import { crashPoint } from '../../shared/crash-point.js'
import { metaName } from './layout.js'
import type { Replica } from './replica.js'
import type { ReplicaPaths } from './replica-file.js'

/** Renames the meta file, so that a deletion that a crash interrupts is finished at start. @returns its new path */
export async function condemn(replica: Replica, paths: ReplicaPaths): Promise<string> {
  const { disk } = replica.volume
  const condemned = join(paths.folder, metaName(replica.id, replica.generationStamp, 'deleting'))
  if ((await disk.stat(paths.meta)) !== undefined) await disk.rename(paths.meta, condemned)
  crashPoint('delete.condemned')
  return condemned
}

/** Data first: the condemned meta file says until the end that they are to go. */
export async function removeCondemned(
  replica: Replica,
  paths: ReplicaPaths,
  condemned: string,
): Promise<void> {
  const { disk } = replica.volume
  await disk.remove(paths.data)
  crashPoint('delete.data-removed')
  await disk.remove(condemned)
  crashPoint('delete.done')
}

/** For a corrupt replica: it may be the last trace of its bytes. */
export async function setReplicaAside(replica: Replica, paths: ReplicaPaths): Promise<void> {
  const { volume } = replica
  for (const path of [paths.meta, paths.data]) {
    if ((await volume.disk.stat(path)) === undefined) continue
    await volume.quarantine(path, path.slice(paths.folder.length + 1))
    crashPoint('quarantine.meta-moved')
  }
}
