/** Changes of the namespace that write no file data (protocol reference 2.5). */
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'
import { quotaStorageType, quotaValue } from './quota-messages.js'

/** Clients send more than the bits of a mode: Go its own type bits (protocol reference 2.5). */
export const PERMISSION_BITS = 0o1777
/** In `setTimes`: keep the time. */
const KEEP_TIME = -1

export function namespaceChanges({ namespace, principals }: NamenodeServices) {
  return {
    mkdirs: rpcMethod(CLIENT_PROTOCOL.mkdirs, async (request, context) => ({
      result: await namespace.mkdirs(callOf(context, principals), {
        path: request.src,
        permission: request.masked.perm & PERMISSION_BITS,
        unmaskedPermission: request.unmasked && request.unmasked.perm & PERMISSION_BITS,
        createParent: request.createParent,
      }),
    })),
    rename: rpcMethod(CLIENT_PROTOCOL.rename, async (request, context) => ({
      result: await namespace.rename(protectedCallOf(context, principals), {
        from: request.src,
        to: request.dst,
      }),
    })),
    rename2: rpcMethod(CLIENT_PROTOCOL.rename2, async (request, context) => {
      await namespace.renameStrictly(protectedCallOf(context, principals), {
        from: request.src,
        to: request.dst,
        overwrite: request.overwriteDest,
        toTrash: request.moveToTrash === true,
      })
      return {}
    }),
    delete: rpcMethod(CLIENT_PROTOCOL.delete, async (request, context) => ({
      result: await namespace.delete(protectedCallOf(context, principals), {
        path: request.src,
        recursive: request.recursive,
      }),
    })),
    setReplication: rpcMethod(CLIENT_PROTOCOL.setReplication, async (request, context) => ({
      result: await namespace.setReplication(callOf(context, principals), {
        path: request.src,
        replication: request.replication,
      }),
    })),
    setPermission: rpcMethod(CLIENT_PROTOCOL.setPermission, async (request, context) => {
      await namespace.setPermission(callOf(context, principals), {
        path: request.src,
        permission: request.permission.perm & PERMISSION_BITS,
      })
      return {}
    }),
    setOwner: rpcMethod(CLIENT_PROTOCOL.setOwner, async (request, context) => {
      await namespace.setOwner(callOf(context, principals), {
        path: request.src,
        owner: nonEmpty(request.username),
        group: nonEmpty(request.groupname),
      })
      return {}
    }),
    setQuota: rpcMethod(CLIENT_PROTOCOL.setQuota, async (request, context) => {
      await namespace.setQuota(callOf(context, principals), {
        path: request.path,
        names: quotaValue(request.namespaceQuota),
        spaceBytes: quotaValue(request.storagespaceQuota),
        storageType:
          request.storageType === undefined ? undefined : quotaStorageType(request.storageType),
      })
      return {}
    }),
    setTimes: rpcMethod(CLIENT_PROTOCOL.setTimes, async (request, context) => {
      await namespace.setTimes(callOf(context, principals), {
        path: request.src,
        modificationTimeMs: request.mtime === KEEP_TIME ? undefined : request.mtime,
        accessTimeMs: request.atime === KEEP_TIME ? undefined : request.atime,
      })
      return {}
    }),
  }
}

/** Go sends both names, an empty one for "keep". */
function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
