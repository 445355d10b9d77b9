/** Storage policies over Hadoop RPC (protocol reference 2.5). */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import type { Input } from '../../shared/hadoop/message.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { type BlockStoragePolicyProto, StorageTypeEnum } from '../../shared/hadoop/schema/hdfs.js'
import {
  type PolicyStorageType,
  policyOfId,
  STORAGE_POLICIES,
  type StoragePolicy,
} from '../policy/storage-policies.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'

export function storagePolicies({ namespace, principals }: NamenodeServices) {
  return {
    getStoragePolicies: rpcMethod(CLIENT_PROTOCOL.getStoragePolicies, () => ({
      policies: STORAGE_POLICIES.map(policyMessage),
    })),
    getStoragePolicy: rpcMethod(CLIENT_PROTOCOL.getStoragePolicy, ({ path }, context) => {
      const policy = namespace.storagePolicy(callOf(context, principals), path)
      return { storagePolicy: policyMessage(policyOfId(policy)) }
    }),
    setStoragePolicy: rpcMethod(CLIENT_PROTOCOL.setStoragePolicy, async (request, context) => {
      const { src: path, policyName: policy } = request
      await namespace.setStoragePolicy(callOf(context, principals), { path, policy })
      return {}
    }),
    unsetStoragePolicy: rpcMethod(CLIENT_PROTOCOL.unsetStoragePolicy, async ({ src }, context) => {
      const call = callOf(context, principals)
      await namespace.setStoragePolicy(call, { path: src, policy: undefined })
      return {}
    }),
    satisfyStoragePolicy: rpcMethod(
      CLIENT_PROTOCOL.satisfyStoragePolicy,
      async ({ src }, context) => {
        await namespace.satisfyStoragePolicy(protectedCallOf(context, principals), { path: src })
        return {}
      },
    ),
  }
}

function policyMessage(policy: StoragePolicy): Input<typeof BlockStoragePolicyProto> {
  const types = (names: readonly PolicyStorageType[]) => ({
    storageTypes: names.map((it) => StorageTypeEnum[it]),
  })
  const orNothing = (names: readonly PolicyStorageType[]) =>
    names.length === 0 ? undefined : types(names)
  return {
    policyId: policy.id,
    name: policy.name,
    creationPolicy: types(policy.storageTypes),
    creationFallbackPolicy: orNothing(policy.creationFallbacks),
    replicationFallbackPolicy: orNothing(policy.replicationFallbacks),
  }
}
