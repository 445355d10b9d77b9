/**
 * The one table of errors: what a failure is called on each face. The Hadoop faces send `javaClass` (clients rebuild
 * the exception by exactly that name: protocol reference 1.5), HTTP answers `httpStatus` with the code in a problem
 * document, the command line exits with `exitCode`, and `retry` tells our own client what helps.
 */

type Retry = 'never' | 'same-node' | 'other-node' | 'later'

interface ErrorRow {
  readonly javaClass: string
  readonly httpStatus: number
  readonly exitCode: number
  readonly retry: Retry
}

const row = (javaClass: string, httpStatus: number, exitCode = 1, retry: Retry = 'never') =>
  ({ javaClass, httpStatus, exitCode, retry }) satisfies ErrorRow

const HADOOP = 'org.apache.hadoop'
const PROTOCOL = `${HADOOP}.hdfs.protocol`
const NAMENODE = `${HADOOP}.hdfs.server.namenode`
const IO = 'java.io.IOException'

/**
 * Two codes may share a Java class; then the first one listed is what a client makes of that class.
 * Exit codes follow Hadoop's shell: 1 for a refused operation, 255 (-1) for wrong usage.
 */
export const ERROR_TABLE = {
  // paths and names
  NOT_FOUND: row('java.io.FileNotFoundException', 404),
  ALREADY_EXISTS: row(`${HADOOP}.fs.FileAlreadyExistsException`, 409),
  PARENT_NOT_DIRECTORY: row(`${HADOOP}.fs.ParentNotDirectoryException`, 409),
  NOT_A_DIRECTORY: row(`${HADOOP}.fs.PathIsNotDirectoryException`, 409),
  NOT_EMPTY: row(`${HADOOP}.fs.PathIsNotEmptyDirectoryException`, 409),
  INVALID_PATH: row(`${HADOOP}.fs.InvalidPathException`, 400),
  NAME_TOO_LONG: row(`${PROTOCOL}.FSLimitException$PathComponentTooLongException`, 400),
  TOO_MANY_ITEMS: row(`${PROTOCOL}.FSLimitException$MaxDirectoryItemsExceededException`, 409),
  SNAPSHOT: row(`${PROTOCOL}.SnapshotException`, 409),
  // rights
  PERMISSION_DENIED: row(`${HADOOP}.security.AccessControlException`, 403),
  NOT_AUTHORIZED: row(`${HADOOP}.security.authorize.AuthorizationException`, 403),
  UNAUTHENTICATED: row(`${HADOOP}.security.token.SecretManager$InvalidToken`, 401),
  SNAPSHOT_READ_ONLY: row(`${PROTOCOL}.SnapshotAccessControlException`, 403),
  // arguments
  ILLEGAL_ARGUMENT: row(`${HADOOP}.HadoopIllegalArgumentException`, 400, 255),
  JAVA_ILLEGAL_ARGUMENT: row('java.lang.IllegalArgumentException', 400, 255),
  ACL: row(`${PROTOCOL}.AclException`, 403),
  XATTR_NOT_FOUND: row(`${PROTOCOL}.XAttrNotFoundException`, 403),
  UNSUPPORTED_ACTION: row(`${PROTOCOL}.UnsupportedActionException`, 501),
  UNSUPPORTED: row('java.lang.UnsupportedOperationException', 501),
  INVALID_REQUEST: row(`${HADOOP}.fs.InvalidRequestException`, 400),
  NO_ERASURE_CODING_POLICY: row(`${PROTOCOL}.NoECPolicySetException`, 409),
  USAGE: row('java.lang.IllegalArgumentException', 400, 255),
  // leases and writing
  LEASE_EXPIRED: row(`${NAMENODE}.LeaseExpiredException`, 409),
  ALREADY_BEING_CREATED: row(`${PROTOCOL}.AlreadyBeingCreatedException`, 409),
  RECOVERY_IN_PROGRESS: row(`${PROTOCOL}.RecoveryInProgressException`, 409, 1, 'later'),
  NOT_REPLICATED_YET: row(`${NAMENODE}.NotReplicatedYetException`, 503, 1, 'later'),
  NS_QUOTA_EXCEEDED: row(`${PROTOCOL}.NSQuotaExceededException`, 409),
  TYPE_QUOTA_EXCEEDED: row(`${PROTOCOL}.QuotaByStorageTypeExceededException`, 507),
  DS_QUOTA_EXCEEDED: row(`${PROTOCOL}.DSQuotaExceededException`, 507),
  SAFE_MODE: row(`${NAMENODE}.SafeModeException`, 503, 1, 'later'),
  // following the namespace
  EVENTS_MISSING: row(`${HADOOP}.hdfs.inotify.MissingEventsException`, 410),
  // calls
  NO_SUCH_METHOD: row(`${HADOOP}.ipc.RpcNoSuchMethodException`, 501),
  NO_SUCH_PROTOCOL: row(`${HADOOP}.ipc.RpcNoSuchProtocolException`, 501),
  RPC_VERSION_MISMATCH: row(`${HADOOP}.ipc.RPC$VersionMismatch`, 400),
  RPC_SERVER: row(`${HADOOP}.ipc.RpcServerException`, 400),
  IPC: row(`${HADOOP}.ipc.IpcException`, 400),
  MALFORMED_MESSAGE: row(`${HADOOP}.thirdparty.protobuf.InvalidProtocolBufferException`, 400),
  STANDBY: row(`${HADOOP}.ipc.StandbyException`, 503, 1, 'other-node'),
  RETRIABLE: row(`${HADOOP}.ipc.RetriableException`, 503, 1, 'later'),
  NOT_HIGHLY_AVAILABLE: row(`${HADOOP}.ha.ServiceFailedException`, 501),
  REMOTE: row(IO, 502),
  // blocks and datanodes
  REPLICA_NOT_FOUND: row(
    `${HADOOP}.hdfs.server.datanode.ReplicaNotFoundException`,
    404,
    1,
    'other-node',
  ),
  BLOCK_MISSING: row(`${HADOOP}.hdfs.BlockMissingException`, 503, 1, 'later'),
  BLOCK_CORRUPT: row(`${HADOOP}.fs.ChecksumException`, 502, 1, 'other-node'),
  STALE_EPOCH: row(IO, 409),
  STALE_GENERATION: row(IO, 409, 1, 'other-node'),
  WRONG_CLUSTER: row(IO, 403),
  UNREGISTERED_DATANODE: row(IO, 410, 1, 'later'),
  NO_DATANODES: row(IO, 503, 1, 'later'),
  VOLUME_FAILED: row(IO, 503, 1, 'other-node'),
  // the world
  IO: row(IO, 500),
  TIMEOUT: row('java.net.SocketTimeoutException', 504, 1, 'other-node'),
  CONNECTION_LOST: row('java.io.EOFException', 502, 1, 'other-node'),
  CONNECTION_REFUSED: row('java.net.ConnectException', 502, 1, 'other-node'),
  DISK_FULL: row(`${HADOOP}.util.DiskChecker$DiskOutOfSpaceException`, 507, 1, 'other-node'),
  PORT_IN_USE: row('java.net.BindException', 500),
  DATA_FOLDER_LOCKED: row(IO, 500),
  DATA_FOLDER_NEWER: row(IO, 500),
  DATABASE_CORRUPT: row(IO, 500),
  CONFIGURATION: row('java.lang.IllegalArgumentException', 400, 255),
  // HTTP only
  RANGE_NOT_SATISFIABLE: row(IO, 416),
  TOO_LARGE: row(IO, 413),
  UNSUPPORTED_MEDIA_TYPE: row(IO, 415),
  CONFLICT: row(IO, 409),
  OVERLOADED: row(`${HADOOP}.ipc.RetriableException`, 503, 1, 'later'),
  SHUTTING_DOWN: row(IO, 503, 1, 'later'),
  INTERRUPTED: row('java.io.InterruptedIOException', 499, 130),
  INTERNAL: row(IO, 500),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERROR_TABLE

interface DfsErrorOptions {
  readonly cause?: unknown
  /** Machine-readable particulars; they appear in logs and in problem documents. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Every failure that we report. `message` is the whole text a user sees, in Hadoop's words where Hadoop has them. */
export class DfsError extends Error {
  override readonly name = 'DfsError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  /** The Java class of a remote error that the table does not know by name. */
  readonly remoteClass: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: DfsErrorOptions & { remoteClass?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.remoteClass = options.remoteClass
  }

  get row(): ErrorRow {
    return ERROR_TABLE[this.code]
  }

  /** The exception class named on the Hadoop wire. */
  get javaClass(): string {
    return this.remoteClass ?? this.row.javaClass
  }
}

const CODE_BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EADDRINUSE: 'PORT_IN_USE',
  ECONNREFUSED: 'CONNECTION_REFUSED',
  EHOSTUNREACH: 'CONNECTION_REFUSED',
  ENETUNREACH: 'CONNECTION_REFUSED',
  ENOTFOUND: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_LOST',
  EPIPE: 'CONNECTION_LOST',
  ETIMEDOUT: 'TIMEOUT',
  SQLITE_FULL: 'DISK_FULL',
  SQLITE_CORRUPT: 'DATABASE_CORRUPT',
  SQLITE_NOTADB: 'DATABASE_CORRUPT',
  ABORT_ERR: 'INTERRUPTED',
}

/** The errno-like `code` of any thrown value, if it has one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

/** Translates what another library or the system threw; call it once, where the failure enters our code. */
export function toDfsError(error: unknown): DfsError {
  if (error instanceof DfsError) return error
  const errno = errnoOf(error)
  const code = errno === undefined ? undefined : CODE_BY_ERRNO[errno]
  const message = error instanceof Error ? error.message : String(error)
  return new DfsError(code ?? 'INTERNAL', message, { cause: error })
}

const CODE_BY_JAVA_CLASS: ReadonlyMap<string, ErrorCode> = (() => {
  const codes = new Map<string, ErrorCode>()
  for (const [code, { javaClass }] of Object.entries(ERROR_TABLE)) {
    if (!codes.has(javaClass)) codes.set(javaClass, code as ErrorCode)
  }
  codes.set(IO, 'REMOTE')
  return codes
})()

/**
 * The error that a Hadoop server reported.
 * @param message the server's text; only its first line is kept, the rest is a Java stack trace
 */
export function fromJavaException(javaClass: string, message: string): DfsError {
  const firstLine = message.split('\n', 1)[0] ?? ''
  const code = CODE_BY_JAVA_CLASS.get(javaClass) ?? 'REMOTE'
  return new DfsError(code, firstLine, { remoteClass: javaClass })
}
