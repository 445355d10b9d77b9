/**
 * Calls that would change what this namenode does not have, refused in the words of a cluster where it is switched off or
 * was never set up, so that a tool tells its user why (protocol reference 2.2, 2.5). Rights are checked first, as there.
 */
import { DfsError } from '../../shared/errors.js'
import { type RpcContext, rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import {
  disabledErasureCodingPolicy,
  noErasureCodingPolicySet,
  unknownErasureCodingPolicy,
} from '../service/absent-features.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'

/** What a client means that names no policy. */
const DEFAULT_EC_POLICY = 'RS-6-3-1024k'
/** Files are replicated here whatever anyone says. */
const REPLICATION = 'replication'

export function absentChanges(services: NamenodeServices) {
  return {
    ...symlinks(services),
    ...erasureCoding(services),
    ...caching(services),
    ...administrationOfAbsentThings(services),
  }
}

function symlinks({ namespace, principals }: NamenodeServices) {
  return {
    createSymlink: rpcMethod(CLIENT_PROTOCOL.createSymlink, () => {
      throw new DfsError('UNSUPPORTED', 'Symlinks not supported')
    }),
    getLinkTarget: rpcMethod(CLIENT_PROTOCOL.getLinkTarget, ({ path }, context) => {
      if (namespace.status(callOf(context, principals), path) === undefined) {
        throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
      }
      throw new DfsError('IO', `Path ${path} is not a symbolic link`)
    }),
  }
}

function erasureCoding(services: NamenodeServices) {
  const byName = (operation: string) => (name: string, context: RpcContext) => {
    requireSuperuser(callOf(context, services.principals), operation)
    throw unknownErasureCodingPolicy(name)
  }
  const enable = byName('enableErasureCodingPolicy')
  const disable = byName('disableErasureCodingPolicy')
  const remove = byName('removeErasureCodingPolicy')
  return {
    setErasureCodingPolicy: rpcMethod(CLIENT_PROTOCOL.setErasureCodingPolicy, (request) => {
      const name = request.ecPolicyName ?? DEFAULT_EC_POLICY
      if (name === REPLICATION) return {}
      throw disabledErasureCodingPolicy(name)
    }),
    unsetErasureCodingPolicy: rpcMethod(CLIENT_PROTOCOL.unsetErasureCodingPolicy, ({ src }) => {
      throw noErasureCodingPolicySet(src)
    }),
    enableErasureCodingPolicy: rpcMethod(
      CLIENT_PROTOCOL.enableErasureCodingPolicy,
      ({ ecPolicyName }, context) => enable(ecPolicyName, context),
    ),
    disableErasureCodingPolicy: rpcMethod(
      CLIENT_PROTOCOL.disableErasureCodingPolicy,
      ({ ecPolicyName }, context) => disable(ecPolicyName, context),
    ),
    removeErasureCodingPolicy: rpcMethod(
      CLIENT_PROTOCOL.removeErasureCodingPolicy,
      ({ ecPolicyName }, context) => remove(ecPolicyName, context),
    ),
    addErasureCodingPolicies: rpcMethod(
      CLIENT_PROTOCOL.addErasureCodingPolicies,
      ({ ecPolicies }, context) => {
        requireSuperuser(callOf(context, services.principals), 'addErasureCodingPolicies')
        const errorMsg = 'Erasure coding is not supported by this cluster.'
        return { responses: ecPolicies.map((policy) => ({ policy, succeed: false, errorMsg })) }
      },
    ),
    reencryptEncryptionZone: rpcMethod(
      CLIENT_PROTOCOL.reencryptEncryptionZone,
      (_request, context) => {
        requireSuperuser(callOf(context, services.principals), 'reencryptEncryptionZone')
        throw new DfsError('IO', 'No key provider configured, re-encryption operation is rejected')
      },
    ),
  }
}

/** There is no pool and no directive, and none can be made. */
function caching({ principals }: NamenodeServices) {
  const invalid = (text: string) => new DfsError('INVALID_REQUEST', text)
  const noDirective = (id: number) =>
    invalid(id <= 0 ? 'Invalid negative ID.' : `No directive with ID ${id}`)
  return {
    addCacheDirective: rpcMethod(CLIENT_PROTOCOL.addCacheDirective, ({ info }) => {
      if (info.pool === undefined) throw invalid('No pool specified.')
      if (info.pool === '') throw invalid('Invalid empty pool name.')
      throw invalid(`Unknown pool ${info.pool}`)
    }),
    modifyCacheDirective: rpcMethod(CLIENT_PROTOCOL.modifyCacheDirective, ({ info }) => {
      throw info.id === undefined ? invalid('No ID specified.') : noDirective(info.id)
    }),
    removeCacheDirective: rpcMethod(CLIENT_PROTOCOL.removeCacheDirective, ({ id }) => {
      throw noDirective(id)
    }),
    addCachePool: rpcMethod(CLIENT_PROTOCOL.addCachePool, (_request, context) => {
      requireSuperuser(callOf(context, principals), 'addCachePool')
      throw new DfsError('UNSUPPORTED', 'Centralized cache management is not supported.')
    }),
    modifyCachePool: rpcMethod(CLIENT_PROTOCOL.modifyCachePool, ({ info }, context) => {
      requireSuperuser(callOf(context, principals), 'modifyCachePool')
      throw invalid(`Cache pool ${info.poolName ?? ''} does not exist.`)
    }),
    removeCachePool: rpcMethod(CLIENT_PROTOCOL.removeCachePool, ({ poolName }, context) => {
      requireSuperuser(callOf(context, principals), 'removeCachePool')
      throw invalid(`Cannot remove non-existent cache pool ${poolName}`)
    }),
  }
}

function administrationOfAbsentThings({ namespace, principals }: NamenodeServices) {
  return {
    // The log of edits is one table: it has no segments to be closed, but a next transaction.
    rollEdits: rpcMethod(CLIENT_PROTOCOL.rollEdits, (_request, context) => {
      requireSuperuser(callOf(context, principals), 'rollEditLog')
      return { newSegmentTxId: namespace.lastTransactionId() + 1 }
    }),
    // What Apache restores are further folders of the image; there is one database here, and it is up or it is not.
    restoreFailedStorage: rpcMethod(CLIENT_PROTOCOL.restoreFailedStorage, (_request, context) => {
      requireSuperuser(callOf(context, principals), 'restoreFailedStorage')
      return { result: false }
    }),
  }
}
