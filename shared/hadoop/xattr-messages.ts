/** Extended attributes between their message and their value (protocol reference 2.1). */
import { DfsError } from '../errors.js'
import { XATTR_NAMESPACES, type XAttr } from '../xattr.js'
import type { Decoded, Input } from './message.js'
import type { XAttrProto } from './schema/acl-and-xattr.js'

export const xattrMessage = ({ namespace, name, value }: XAttr): Input<typeof XAttrProto> => ({
  namespace: XATTR_NAMESPACES.indexOf(namespace),
  name,
  value,
})

/** A missing value is an empty one. @throws DfsError ILLEGAL_ARGUMENT for a number that is no namespace */
export function xattrOf(message: Decoded<typeof XAttrProto>): XAttr {
  const namespace = XATTR_NAMESPACES[message.namespace]
  if (namespace === undefined) {
    throw new DfsError('ILLEGAL_ARGUMENT', `No such XAttr namespace: ${message.namespace}`)
  }
  // Copied: as a view it would take the whole receive buffer along to the writer's thread.
  return { namespace, name: message.name, value: Uint8Array.from(message.value ?? []) }
}
