/** What callers of the client library hand in with a call, and the summaries that they get back. */

/** 0666 and 0777 less the usual umask 022, as Hadoop's clients send them. */
export const DEFAULT_FILE_PERMISSION = 0o644
export const DEFAULT_DIRECTORY_PERMISSION = 0o755

export interface CallOptions {
  /** Ends the call with INTERRUPTED; whatever it had begun is undone. */
  readonly signal?: AbortSignal | undefined
}

export interface CreateOptions extends CallOptions {
  /** Replaces an existing file. Default false. */
  readonly overwrite?: boolean | undefined
  /** Makes missing directories on the way. Default true. */
  readonly createParent?: boolean | undefined
  /** Octal bits. Default 0644. */
  readonly permission?: number | undefined
  /** Octal bits before the umask: count where the parent has default ACL entries. */
  readonly unmaskedPermission?: number | undefined
  /** Copies of each block. Default: the server's. */
  readonly replication?: number | undefined
  /** Default: the server's. */
  readonly blockSizeBytes?: number | undefined
}

/** Limits of a directory, and what counts against them. */
export interface QuotaUsage {
  /** Files and directories, with the directory itself. */
  readonly nameCount: number
  /** Length times replication, summed. */
  readonly spaceConsumedBytes: number
  /** Limit of names below the directory; undefined when none is set. */
  readonly quota: number | undefined
  readonly spaceQuotaBytes: number | undefined
  /** Limits by type of storage, with what the storage policies put there; empty when none is set. */
  readonly typeQuotas: readonly TypeQuota[]
}

export interface ContentSummary extends Omit<QuotaUsage, 'nameCount'> {
  readonly lengthBytes: number
  readonly fileCount: number
  /** Counts the directory itself. */
  readonly directoryCount: number
  /** What of these sums is not in the current tree, but in snapshots of it. */
  readonly onlyInSnapshots: {
    readonly lengthBytes: number
    readonly fileCount: number
    readonly directoryCount: number
    readonly spaceConsumedBytes: number
  }
}

export interface TypeQuota {
  /** DISK, SSD, ARCHIVE, PROVIDED or NVDIMM. */
  readonly storageType: string
  /** undefined: no limit for this type. */
  readonly quotaBytes: number | undefined
  readonly consumedBytes: number
}

export interface ServerDefaults {
  readonly blockSizeBytes: number
  readonly replication: number
  /** 0: the trash is off. */
  readonly trashIntervalMinutes: number
}
