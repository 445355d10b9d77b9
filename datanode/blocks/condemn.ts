/** Removing the files of a replica so that a crash in the middle is finished at the next start (FORMAT.md). */
import { join } from 'node:path'
import { metaName } from './layout.js'
import type { Replica } from './replica.js'
import type { ReplicaPaths } from './replica-file.js'

/** Renames the meta file: from then on there is no replica. @returns the new name of that file */
export async function condemn(replica: Replica, paths: ReplicaPaths): Promise<string> {
  const { disk } = replica.volume
  const condemned = join(paths.folder, metaName(replica.id, replica.generationStamp, 'deleting'))
  if ((await disk.stat(paths.meta)) !== undefined) await disk.rename(paths.meta, condemned)
  return condemned
}

/** Removes what `condemn` left. */
export async function removeCondemned(
  replica: Replica,
  paths: ReplicaPaths,
  condemned: string,
): Promise<void> {
  await replica.volume.disk.remove(paths.data)
  await replica.volume.disk.remove(condemned)
}
