/** Extended attributes (protocol reference 2.7). */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import type { Decoded } from '../../shared/hadoop/message.js'
import type { XAttrProto } from '../../shared/hadoop/schema/acl-and-xattr.js'
import { XAttrSetFlag } from '../../shared/hadoop/schema/acl-and-xattr.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { xattrMessage, xattrOf } from '../../shared/hadoop/xattr-messages.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, protectedCallOf } from './call.js'

export function extendedAttributes({ namespace, principals }: NamenodeServices) {
  return {
    setXAttr: rpcMethod(CLIENT_PROTOCOL.setXAttr, async (request, context) => {
      const flag = request.flag ?? 0
      await namespace.setXAttr(protectedCallOf(context, principals), {
        path: request.src,
        xattr: xattrOf(present(request.xAttr)),
        create: (flag & XAttrSetFlag.CREATE) !== 0,
        replace: (flag & XAttrSetFlag.REPLACE) !== 0,
      })
      return {}
    }),
    removeXAttr: rpcMethod(CLIENT_PROTOCOL.removeXAttr, async (request, context) => {
      const { namespace: space, name } = xattrOf(present(request.xAttr))
      await namespace.removeXAttr(protectedCallOf(context, principals), {
        path: request.src,
        xattr: { namespace: space, name },
      })
      return {}
    }),
    getXAttrs: rpcMethod(CLIENT_PROTOCOL.getXAttrs, (request, context) => {
      const wanted = request.xAttrs.map(xattrOf)
      const found = namespace.xattrs(callOf(context, principals), request.src, wanted)
      return { xAttrs: found.map(xattrMessage) }
    }),
    listXAttrs: rpcMethod(CLIENT_PROTOCOL.listXAttrs, (request, context) => {
      const found = namespace.xattrs(callOf(context, principals), request.src, [])
      return { xAttrs: found.map(xattrMessage) }
    }),
  }
}

/** @throws DfsError ILLEGAL_ARGUMENT: the field is optional in the schema only */
function present(xattr: Decoded<typeof XAttrProto> | undefined): Decoded<typeof XAttrProto> {
  if (xattr !== undefined) return xattr
  throw new DfsError('ILLEGAL_ARGUMENT', 'XAttr cannot be null.')
}
