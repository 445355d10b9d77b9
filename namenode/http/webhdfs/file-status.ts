/** A file's status as WebHDFS shows it (protocol reference 4.4); fields in the order of Apache's sorted map. */
import { ROOT_INODE_ID } from '../../../shared/ids.js'
import type { FileStatus } from '../../service/namespace-model.js'

/** No storage policy was set. */
const UNSPECIFIED_POLICY = 0

/** @param pathSuffix name below the path that was asked for; empty for that path itself */
export function fileStatusJson(status: FileStatus, pathSuffix: string): object {
  return {
    accessTime: status.accessTimeMs,
    ...(status.hasAcl ? { aclBit: true } : {}),
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
    // The root counts as snapshottable, with a quota of 0 snapshots.
    ...(status.id === ROOT_INODE_ID ? { snapshotEnabled: true } : {}),
    storagePolicy: UNSPECIFIED_POLICY,
    type: status.kind === 'directory' ? 'DIRECTORY' : 'FILE',
  }
}
