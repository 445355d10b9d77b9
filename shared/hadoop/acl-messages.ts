/** Access control entries between their message and their value (protocol reference 2.1). */
import { ACL_SCOPES, ACL_TYPES, type AclEntry } from '../acl.js'
import { DfsError } from '../errors.js'
import type { Decoded, Input } from './message.js'
import type { AclEntryProto } from './schema/acl-and-xattr.js'

export function aclEntryMessage(entry: AclEntry): Input<typeof AclEntryProto> {
  const { scope, type, permission, name } = entry
  return {
    type: ACL_TYPES.indexOf(type),
    scope: ACL_SCOPES.indexOf(scope),
    permissions: permission,
    ...(name === undefined ? {} : { name }),
  }
}

/** An empty name is none. @throws DfsError ILLEGAL_ARGUMENT for numbers that stand for nothing */
export function aclEntryOf(message: Decoded<typeof AclEntryProto>): AclEntry {
  const scope = ACL_SCOPES[message.scope]
  const type = ACL_TYPES[message.type]
  const { permissions, name } = message
  if (scope === undefined || type === undefined || permissions < 0 || permissions > 7) {
    const text = `No such ACL entry: scope ${message.scope}, type ${message.type}, permissions ${permissions}`
    throw new DfsError('ILLEGAL_ARGUMENT', text)
  }
  return { scope, type, permission: permissions, ...(name ? { name } : {}) }
}
