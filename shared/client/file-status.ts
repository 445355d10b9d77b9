/** What a caller of the library learns about a file or a directory. */
import type { Decoded } from '../hadoop/message.js'
import { FileStatusFlag, FileType, type HdfsFileStatusProto } from '../hadoop/schema/hdfs.js'
import { baseName } from './remote-path.js'

export interface FileStatus {
  /** Absolute, without the cluster. */
  readonly path: string
  /** Last component of `path`; empty for the root. */
  readonly name: string
  readonly kind: 'file' | 'directory' | 'symlink'
  readonly lengthBytes: number
  /** Octal bits 0..01777. */
  readonly permission: number
  readonly owner: string
  readonly group: string
  readonly modificationTimeMs: number
  /** 0 when never set. */
  readonly accessTimeMs: number
  /** 0 for directories. */
  readonly replication: number
  /** 0 for directories. */
  readonly blockSizeBytes: number
  readonly fileId: number
  /** Entries of a directory, when the server tells. */
  readonly childrenCount: number | undefined
  readonly hasAcl: boolean
}

const KINDS: Readonly<Record<number, FileStatus['kind']>> = {
  [FileType.IS_DIR]: 'directory',
  [FileType.IS_SYMLINK]: 'symlink',
}

/** @param path absolute: the message itself carries at most the last component */
export function toFileStatus(
  path: string,
  status: Decoded<typeof HdfsFileStatusProto>,
): FileStatus {
  return {
    path,
    name: baseName(path),
    kind: KINDS[status.fileType] ?? 'file',
    lengthBytes: status.length,
    permission: status.permission.perm & 0o1777,
    owner: status.owner,
    group: status.group,
    modificationTimeMs: status.modification_time,
    accessTimeMs: status.access_time,
    replication: status.block_replication ?? 0,
    blockSizeBytes: status.blocksize ?? 0,
    fileId: status.fileId ?? 0,
    childrenCount:
      status.childrenNum === undefined || status.childrenNum < 0 ? undefined : status.childrenNum,
    hasAcl: ((status.flags ?? 0) & FileStatusFlag.HAS_ACL) !== 0,
  }
}
