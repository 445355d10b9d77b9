/** Access control lists and extended attributes (protocol reference 2.1, 2.7). */
import { message, optional, repeated, required } from '../message.js'
import { rpcMethods } from '../rpc-protocol.js'
import { FsPermissionProto } from './hdfs.js'

export const AclEntryType = { USER: 0, GROUP: 1, MASK: 2, OTHER: 3 } as const
export const AclEntryScope = { ACCESS: 0, DEFAULT: 1 } as const
export const XAttrNamespace = { USER: 0, TRUSTED: 1, SECURITY: 2, SYSTEM: 3, RAW: 4 } as const
/** Bits of `setXAttr`'s flag. */
export const XAttrSetFlag = { CREATE: 1, REPLACE: 2 } as const

/** `permissions` are rwx bits: execute 1, write 2, read 4. */
export const AclEntryProto = message('AclEntryProto', {
  type: required(1, 'enum'),
  scope: required(2, 'enum'),
  permissions: required(3, 'enum'),
  name: optional(4, 'string'),
})

export const AclStatusProto = message('AclStatusProto', {
  owner: required(1, 'string'),
  group: required(2, 'string'),
  sticky: required(3, 'bool'),
  entries: repeated(4, AclEntryProto),
  permission: optional(5, FsPermissionProto),
})

/** `name` is without the prefix of its namespace. */
export const XAttrProto = message('XAttrProto', {
  namespace: required(1, 'enum'),
  name: required(2, 'string'),
  value: optional(3, 'bytes'),
})

const src = required(1, 'string')
const aclChange = { request: { src, aclSpec: repeated(2, AclEntryProto) }, response: {} } as const
const ofPath = { request: { src }, response: {} } as const

export const ACL_AND_XATTR_METHODS = rpcMethods({
  modifyAclEntries: aclChange,
  removeAclEntries: aclChange,
  setAcl: aclChange,
  removeAcl: ofPath,
  removeDefaultAcl: ofPath,
  getAclStatus: { request: { src }, response: { result: required(1, AclStatusProto) } },
  setXAttr: {
    request: { src, xAttr: optional(2, XAttrProto), flag: optional(3, 'u32') },
    response: {},
  },
  getXAttrs: {
    request: { src, xAttrs: repeated(2, XAttrProto) },
    response: { xAttrs: repeated(1, XAttrProto) },
  },
  listXAttrs: { request: { src }, response: { xAttrs: repeated(1, XAttrProto) } },
  removeXAttr: { request: { src, xAttr: optional(2, XAttrProto) }, response: {} },
})
