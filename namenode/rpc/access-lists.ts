/** Access control lists (protocol reference 2.7). */

import { aclEntryMessage, aclEntryOf } from '../../shared/hadoop/acl-messages.js'
import type { RpcContext } from '../../shared/hadoop/ipc-server.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import type { AclEntryProto } from '../../shared/hadoop/schema/acl-and-xattr.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { STICKY_BIT } from '../policy/permissions.js'
import type { AclChange } from '../service/namespace/namespace.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf } from './call.js'

interface AclRequest {
  readonly src: string
  readonly aclSpec?: readonly Decoded<typeof AclEntryProto>[]
}

export function accessLists({ namespace, principals }: NamenodeServices) {
  const changing =
    (action: AclChange['action']) => async (request: AclRequest, context: RpcContext) => {
      const entries = (request.aclSpec ?? []).map(aclEntryOf)
      await namespace.changeAcl(callOf(context, principals), {
        path: request.src,
        action,
        entries,
      })
      return {}
    }
  return {
    modifyAclEntries: rpcMethod(CLIENT_PROTOCOL.modifyAclEntries, changing('modify')),
    removeAclEntries: rpcMethod(CLIENT_PROTOCOL.removeAclEntries, changing('remove')),
    setAcl: rpcMethod(CLIENT_PROTOCOL.setAcl, changing('replace')),
    removeAcl: rpcMethod(CLIENT_PROTOCOL.removeAcl, changing('remove-all')),
    removeDefaultAcl: rpcMethod(CLIENT_PROTOCOL.removeDefaultAcl, changing('remove-default')),
    getAclStatus: rpcMethod(CLIENT_PROTOCOL.getAclStatus, (request, context) => {
      const { owner, group, permission, entries } = namespace.aclStatus(
        callOf(context, principals),
        request.src,
      )
      const sticky = (permission & STICKY_BIT) !== 0
      const messages = entries.map(aclEntryMessage)
      return {
        result: { owner, group, sticky, entries: messages, permission: { perm: permission } },
      }
    }),
  }
}
