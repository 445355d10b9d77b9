/**
 * Questions about things that this namenode does not have (encryption, erasure coding, cache pools, delegation tokens), in the answers that clients take for "none": they are asked in passing
 * by ordinary work. What would change such a thing is refused in
 * absent-changes.ts.
 */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { unknownDelegationToken } from '../service/absent-features.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf } from './call.js'

export function absentFeatures({ namespace, principals }: NamenodeServices) {
  const requireExisting = (context: Parameters<typeof callOf>[0], path: string) => {
    if (namespace.status(callOf(context, principals), path) === undefined) {
      throw new DfsError('NOT_FOUND', `File/Directory does not exist: ${path}`)
    }
  }
  return {
    getEZForPath: rpcMethod(CLIENT_PROTOCOL.getEZForPath, () => ({})),
    listEncryptionZones: rpcMethod(CLIENT_PROTOCOL.listEncryptionZones, () => ({ hasMore: false })),
    listReencryptionStatus: rpcMethod(CLIENT_PROTOCOL.listReencryptionStatus, () => ({
      hasMore: false,
    })),
    createEncryptionZone: rpcMethod(CLIENT_PROTOCOL.createEncryptionZone, (request) => {
      throw new DfsError(
        'IO',
        `Can't create an encryption zone for ${request.src} since no key provider is available.`,
      )
    }),
    getDataEncryptionKey: rpcMethod(CLIENT_PROTOCOL.getDataEncryptionKey, () => ({})),
    getErasureCodingPolicy: rpcMethod(
      CLIENT_PROTOCOL.getErasureCodingPolicy,
      (request, context) => {
        requireExisting(context, request.src)
        return {}
      },
    ),
    getErasureCodingPolicies: rpcMethod(CLIENT_PROTOCOL.getErasureCodingPolicies, () => ({})),
    getErasureCodingCodecs: rpcMethod(CLIENT_PROTOCOL.getErasureCodingCodecs, () => ({})),
    getECTopologyResultForPolicies: rpcMethod(
      CLIENT_PROTOCOL.getECTopologyResultForPolicies,
      () => ({
        response: {
          resultMessage: 'No erasure coding policy is enabled.',
          isSupported: false,
        },
      }),
    ),
    listCachePools: rpcMethod(CLIENT_PROTOCOL.listCachePools, () => ({ hasMore: false })),
    listCacheDirectives: rpcMethod(CLIENT_PROTOCOL.listCacheDirectives, () => ({ hasMore: false })),
    // Without security an empty answer means that no token is needed.
    getDelegationToken: rpcMethod(CLIENT_PROTOCOL.getDelegationToken, () => ({})),
    renewDelegationToken: rpcMethod(CLIENT_PROTOCOL.renewDelegationToken, refuseToken),
    cancelDelegationToken: rpcMethod(CLIENT_PROTOCOL.cancelDelegationToken, refuseToken),
  }
}

function refuseToken(): never {
  throw unknownDelegationToken()
}
