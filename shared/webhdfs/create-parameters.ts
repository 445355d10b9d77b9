/** What a CREATE asks for. Read on both ports: the namenode refuses nonsense before a byte travels, the datanode obeys. */
import type { WebhdfsParameters } from './parameters.js'

export interface WebhdfsCreate {
  readonly overwrite: boolean
  readonly createParent: boolean
  /** Octal bits. */
  readonly permission: number
  /** Before the client's umask; counts where the parent has default ACL entries. */
  readonly unmaskedPermission: number | undefined
  /** undefined: the server's default. */
  readonly replication: number | undefined
  readonly blockSizeBytes: number | undefined
}

const DEFAULT_PERMISSION = 0o644
const CREATE_FLAG_CLASS = 'org.apache.hadoop.fs.CreateFlag'
const CREATE_FLAGS = [
  'CREATE',
  'OVERWRITE',
  'APPEND',
  'SYNC_BLOCK',
  'LAZY_PERSIST',
  'NEW_BLOCK',
  'NO_LOCAL_WRITE',
  'SHOULD_REPLICATE',
  'IGNORE_CLIENT_LOCALITY',
  'NO_LOCAL_RACK',
] as const

/** @throws DfsError JAVA_ILLEGAL_ARGUMENT naming the parameter */
export function createParameters(parameters: WebhdfsParameters): WebhdfsCreate {
  // Either of the two ways of saying it is enough.
  const flags = parameters.enumerations('createflag', CREATE_FLAGS, CREATE_FLAG_CLASS)
  const overwrite = parameters.boolean('overwrite', false) || flags.includes('OVERWRITE')
  parameters.integer('buffersize', 1)
  return {
    overwrite,
    createParent: parameters.boolean('createparent', true),
    permission: parameters.permission('permission') ?? DEFAULT_PERMISSION,
    unmaskedPermission: parameters.permission('unmaskedpermission'),
    replication: parameters.short('replication', 1),
    blockSizeBytes: parameters.long('blocksize', 1),
  }
}
