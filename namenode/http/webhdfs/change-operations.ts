/** Changes of the namespace that move no bytes (protocol reference 4.3): parameters in, one call of the service. */
import { DfsError } from '../../../shared/errors.js'
import { webhdfsArgumentError } from '../../../shared/webhdfs/remote-exception.js'
import {
  booleanAnswer,
  EMPTY,
  type OperationAnswer,
  type OperationRequest,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

const DEFAULT_PERMISSION = 0o755
const RENAME_OPTIONS = ['NONE', 'OVERWRITE', 'TO_TRASH'] as const
const RENAME_OPTION_CLASS = 'org.apache.hadoop.fs.Options$Rename'
/** As many as fit into a URL in any case. */
const MAX_CONCAT_SOURCES = 10_000
/** In SETTIMES: keep the time. */
const KEEP_TIME = -1

export function changeOperations(options: WebhdfsOptions): OperationTable {
  return {
    PUT: { ...treeChanges(options), ...attributeChanges(options) },
    POST: lengthChanges(options),
    DELETE: deletions(options),
  }
}

function deletions({ services }: WebhdfsOptions): Operations {
  return {
    DELETE: async ({ call, path, parameters }) => {
      const recursive = parameters.boolean('recursive', false)
      return booleanAnswer(await services.namespace.delete(call, { path, recursive }))
    },
  }
}

function treeChanges(options: WebhdfsOptions): Operations {
  const { namespace } = options.services
  return {
    MKDIRS: async ({ call, path, parameters }) => {
      const permission = parameters.permission('permission') ?? DEFAULT_PERMISSION
      const unmaskedPermission = parameters.permission('unmaskedpermission')
      const change = { path, permission, unmaskedPermission, createParent: true }
      return booleanAnswer(await namespace.mkdirs(call, change))
    },
    RENAME: (request) => rename(options, request),
    CREATESYMLINK: ({ parameters, operation }) => {
      parameters.required('destination', operation)
      throw new DfsError('UNSUPPORTED', 'Symlinks not supported')
    },
  }
}

function attributeChanges({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    SETREPLICATION: async ({ call, path, parameters }) => {
      const replication = parameters.short('replication', 1) ?? services.config.replication
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
  }
}

function lengthChanges({ services }: WebhdfsOptions): Operations {
  const { namespace, reopening, clock } = services
  let truncations = 0
  return {
    TRUNCATE: async ({ call, path, parameters, operation }) => {
      parameters.required('newlength', operation)
      const newLengthBytes = parameters.long('newlength', 0) ?? 0
      // A holder of its own for each: two truncations are two writers.
      truncations += 1
      const holder = `DFSClient_webhdfs_${clock.wallMs()}_${truncations}`
      return booleanAnswer(await reopening.truncate(call, { path, newLengthBytes, holder }))
    },
    CONCAT: async ({ call, path, parameters }) => {
      const sources = (parameters.text('sources') ?? '').split(',').filter((it) => it !== '')
      if (sources.length > MAX_CONCAT_SOURCES) {
        throw webhdfsArgumentError(`Too many sources: ${sources.length} > ${MAX_CONCAT_SOURCES}`)
      }
      await namespace.concat(call, { target: path, sources })
      return EMPTY
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
