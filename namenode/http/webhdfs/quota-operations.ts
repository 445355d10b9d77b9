/** Quotas of names, space and storage types (protocol reference 2.5, 4.3). */
import { DfsError } from '../../../shared/errors.js'
import { QUOTA_STORAGE_TYPES, type QuotaStorageType } from '../../../shared/quota-types.js'
import type { QuotaValue } from '../../policy/quotas.js'
import { EMPTY, type Operations, type OperationTable, type WebhdfsOptions } from './operation.js'

/** In SETQUOTA: no limit any more. */
const RESET = -1
/** Long.MAX_VALUE, as parameters read it: what a client sends to keep a limit. */
const KEEP = Number.MAX_SAFE_INTEGER

export function quotaOperations(options: WebhdfsOptions): OperationTable {
  return { PUT: changes(options) }
}

function changes({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  return {
    SETQUOTA: async ({ call, path, parameters }) => {
      await namespace.setQuota(call, {
        path,
        names: quotaValue(parameters.long('namespacequota', RESET)),
        spaceBytes: quotaValue(parameters.long('storagespacequota', RESET)),
      })
      return EMPTY
    },
    SETQUOTABYSTORAGETYPE: async ({ call, path, parameters, operation }) => {
      await namespace.setQuota(call, {
        path,
        names: 'keep',
        spaceBytes: quotaValue(parameters.long('storagespacequota', RESET)),
        storageType: storageType(parameters.required('storagetype', operation)),
      })
      return EMPTY
    },
  }
}

function quotaValue(value: number | undefined): QuotaValue {
  if (value === undefined || value === KEEP) return 'keep'
  return value === RESET ? 'clear' : value
}

function storageType(text: string): QuotaStorageType {
  const type = QUOTA_STORAGE_TYPES.find((it) => it === text.toUpperCase())
  if (type !== undefined) return type
  throw new DfsError('ILLEGAL_ARGUMENT', `Don't support Quota for storage type : ${text}`)
}
