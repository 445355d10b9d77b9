/** A file's status as WebHDFS shows it (protocol reference 4.4); fields in the order of Apache's sorted map. */
import type { FileStatus } from '../../service/namespace/namespace-model.js'

/**
 * @param pathSuffix name below the path that was asked for; empty for that path itself
 * @param flags whether to say what is special about it: in lists of snapshots Hadoop does not
 */
export function fileStatusJson(
  status: FileStatus,
  pathSuffix: string,
  flags: 'with-flags' | 'without-flags' = 'with-flags',
): object {
  const hasFlags = flags === 'with-flags'
  return {
    accessTime: status.accessTimeMs,
    ...(hasFlags && status.hasAcl ? { aclBit: true } : {}),
    blockSize: status.blockSizeBytes,
    childrenNum: status.childrenCount,
    fileId: status.id,
    group: status.group,
    length: status.lengthBytes,
    modificationTime: status.modificationTimeMs,
    owner: status.owner,
    pathSuffix,
    permission: status.permission.toString(8),
    replication: status.replication,
    ...(hasFlags && status.isSnapshottable ? { snapshotEnabled: true } : {}),
    storagePolicy: status.storagePolicy,
    type: status.kind === 'directory' ? 'DIRECTORY' : 'FILE',
  }
}

/** The other form, which only GETTRASHROOTS uses: a generic FileStatus with a whole path. */
export function genericStatusJson(status: FileStatus, path: string): object {
  return {
    access_time: status.accessTimeMs,
    block_replication: status.replication,
    blocksize: status.blockSizeBytes,
    group: status.group,
    isdir: status.kind === 'directory',
    length: status.lengthBytes,
    modification_time: status.modificationTimeMs,
    owner: status.owner,
    path,
    permission: status.permission.toString(8),
  }
}
