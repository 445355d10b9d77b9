/** The trash of one user growing older, as `hdfs dfs -expunge` does it from the client's side. */
import { DfsError, toDfsError } from '../errors.js'
import {
  CHECKPOINT_ATTEMPTS,
  CURRENT_TRASH,
  checkpointName,
  checkpointTimeMs,
  isCheckpointDue,
} from '../trash-checkpoint.js'
import { listDirectory, statIfExists } from './directory-reads.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { childPath } from './remote-path.js'
import { trashRoot } from './trash.js'

interface ExpungeOptions {
  readonly namenode: Pick<NamenodeCalls, 'getFileInfo' | 'getListing' | 'rename2' | 'delete'>
  readonly user: string
  readonly wallMs: number
  /** Checkpoints older than this are deleted; `all` deletes every one, and `Current` stays what it is. */
  readonly keepMs: number | 'all'
  readonly signal?: AbortSignal | undefined
}

/** Deletes old checkpoints, then makes one of what was deleted since the last. */
export async function expungeTrash(options: ExpungeOptions): Promise<void> {
  const { namenode, user, wallMs, keepMs, signal } = options
  const root = trashRoot(user)
  if ((await statIfExists(namenode, root, signal)) === undefined) return
  for await (const entry of listDirectory(namenode, root, signal)) {
    const { name } = entry
    const isDue =
      keepMs === 'all'
        ? checkpointTimeMs(name) !== undefined
        : isCheckpointDue(name, wallMs, keepMs)
    if (isDue) await namenode.delete({ src: childPath(root, name), recursive: true }, signal)
  }
  if (keepMs !== 'all') await makeCheckpoint(root, options)
}

async function makeCheckpoint(
  root: string,
  { namenode, wallMs, signal }: ExpungeOptions,
): Promise<void> {
  const src = childPath(root, CURRENT_TRASH)
  if ((await statIfExists(namenode, src, signal)) === undefined) return
  for (let attempt = 0; attempt < CHECKPOINT_ATTEMPTS; attempt += 1) {
    const dst = childPath(root, checkpointName(wallMs, attempt))
    try {
      await namenode.rename2({ src, dst, overwriteDest: false }, signal)
      return
    } catch (error) {
      if (toDfsError(error).code !== 'ALREADY_EXISTS') throw error
    }
  }
  throw new DfsError('IO', `Failed to checkpoint trash: ${src}`)
}
