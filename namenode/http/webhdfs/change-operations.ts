/** Changes of the namespace that move no bytes (protocol reference 4.3): parameters in, one call of the service. */
import { DfsError } from '../../../shared/errors.js'
import { webhdfsArgumentError } from '../../../shared/webhdfs/remote-exception.js'
import {
  booleanAnswer,
  EMPTY,
  type OperationAnswer,
  type OperationRequest,
  type Operations,
  type WebhdfsOptions,
} from './operation.js'

const DEFAULT_PERMISSION = 0o755
const DEFAULT_REPLICATION = 3
const RENAME_OPTIONS = ['NONE', 'OVERWRITE', 'TO_TRASH'] as const
const RENAME_OPTION_CLASS = 'org.apache.hadoop.fs.Options$Rename'
/** In SETTIMES: keep the time. */
const KEEP_TIME = -1

export function changeOperations(options: WebhdfsOptions): Operations {
  const { namespace } = options.services
  return {
    MKDIRS: async ({ call, path, parameters }) => {
      const permission = parameters.permission('permission') ?? DEFAULT_PERMISSION
      return booleanAnswer(await namespace.mkdirs(call, { path, permission, createParent: true }))
    },
    RENAME: (request) => rename(options, request),
    DELETE: async ({ call, path, parameters }) => {
      const recursive = parameters.boolean('recursive', false)
      return booleanAnswer(await namespace.delete(call, { path, recursive }))
    },
    SETREPLICATION: async ({ call, path, parameters }) => {
      const replication = parameters.short('replication', 1) ?? DEFAULT_REPLICATION
      return booleanAnswer(await namespace.setReplication(call, { path, replication }))
    },
    SETPERMISSION: async ({ call, path, parameters }) => {
      const permission = parameters.permission('permission') ?? DEFAULT_PERMISSION
      await namespace.setPermission(call, { path, permission })
      return EMPTY
    },
    SETOWNER: async ({ call, path, parameters }) => {
      const owner = parameters.text('owner')
      const group = parameters.text('group')
      if (owner === undefined && group === undefined) {
        throw webhdfsArgumentError('Both owner and group are empty.')
      }
      await namespace.setOwner(call, { path, owner, group })
      return EMPTY
    },
    SETTIMES: async ({ call, path, parameters }) => {
      await namespace.setTimes(call, {
        path,
        modificationTimeMs: timeOf(parameters.long('modificationtime', KEEP_TIME)),
        accessTimeMs: timeOf(parameters.long('accesstime', KEEP_TIME)),
      })
      return EMPTY
    },
    CREATESYMLINK: ({ parameters, operation }) => {
      parameters.required('destination', operation)
      throw new DfsError('UNSUPPORTED', 'Symlinks not supported')
    },
  }
}

/** Without options the old call, which answers whether it did; with them the one that fails in words. */
async function rename(
  { services }: WebhdfsOptions,
  { call, path, parameters, operation }: OperationRequest,
): Promise<OperationAnswer> {
  parameters.required('destination', operation)
  const to = parameters.absolutePath('destination') ?? ''
  const renameOptions = parameters.enumerations(
    'renameoptions',
    RENAME_OPTIONS,
    RENAME_OPTION_CLASS,
  )
  if (renameOptions.length === 0) {
    return booleanAnswer(await services.namespace.rename(call, { from: path, to }))
  }
  const overwrite = renameOptions.includes('OVERWRITE')
  await services.namespace.renameStrictly(call, { from: path, to, overwrite })
  return EMPTY
}

function timeOf(value: number | undefined): number | undefined {
  return value === undefined || value === KEEP_TIME ? undefined : value
}
