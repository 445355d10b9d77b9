/** Storage policies over WebHDFS (protocol reference 4.3). */
import { policyOfId, STORAGE_POLICIES, type StoragePolicy } from '../../policy/storage-policies.js'
import { EMPTY, json, type OperationTable, type WebhdfsOptions } from './operation.js'

export function storagePolicyOperations({ services }: WebhdfsOptions): OperationTable {
  const { namespace } = services
  return {
    GET: {
      GETALLSTORAGEPOLICY: () =>
        json({
          BlockStoragePolicies: { BlockStoragePolicy: STORAGE_POLICIES.map(storagePolicyJson) },
        }),
      GETSTORAGEPOLICY: ({ call, path }) => {
        const policy = policyOfId(namespace.storagePolicy(call, path))
        return json({ BlockStoragePolicy: storagePolicyJson(policy) })
      },
    },
    PUT: {
      SETSTORAGEPOLICY: async ({ call, path, parameters, operation }) => {
        const policy = parameters.required('storagepolicy', operation)
        await namespace.setStoragePolicy(call, { path, policy })
        return EMPTY
      },
      SATISFYSTORAGEPOLICY: async ({ call, path }) => {
        await namespace.satisfyStoragePolicy(call, { path })
        return EMPTY
      },
    },
    POST: {
      UNSETSTORAGEPOLICY: async ({ call, path }) => {
        await namespace.setStoragePolicy(call, { path, policy: undefined })
        return EMPTY
      },
    },
  }
}

function storagePolicyJson(policy: StoragePolicy): object {
  return {
    copyOnCreateFile: policy.copyOnCreateFile,
    creationFallbacks: policy.creationFallbacks,
    id: policy.id,
    name: policy.name,
    replicationFallbacks: policy.replicationFallbacks,
    storageTypes: policy.storageTypes,
  }
}
