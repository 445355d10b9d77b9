/** Access control lists (protocol reference 2.7, 4.3). */
import { formatAclEntry, parseAclSpec } from '../../../shared/acl.js'
import { STICKY_BIT } from '../../policy/permissions.js'
import type { AclChange } from '../../service/namespace/namespace.js'
import {
  EMPTY,
  json,
  type Operation,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

export function aclOperations(options: WebhdfsOptions): OperationTable {
  return { GET: reads(options), PUT: changes(options) }
}

function reads({ services }: WebhdfsOptions): Operations {
  return {
    GETACLSTATUS: ({ call, path }) => {
      const { entries, group, owner, permission } = services.namespace.aclStatus(call, path)
      return json({
        AclStatus: {
          entries: entries.map(formatAclEntry),
          group,
          owner,
          permission: permission.toString(8),
          stickyBit: (permission & STICKY_BIT) !== 0,
        },
      })
    },
  }
}

function changes({ services }: WebhdfsOptions): Operations {
  const change =
    (action: AclChange['action'], permissions?: 'required' | 'none'): Operation =>
    async ({ call, path, parameters, operation }) => {
      const entries =
        permissions === undefined
          ? []
          : parseAclSpec(parameters.required('aclspec', operation), permissions)
      await services.namespace.changeAcl(call, { path, action, entries })
      return EMPTY
    }
  return {
    MODIFYACLENTRIES: change('modify', 'required'),
    REMOVEACLENTRIES: change('remove', 'none'),
    SETACL: change('replace', 'required'),
    REMOVEDEFAULTACL: change('remove-default'),
    REMOVEACL: change('remove-all'),
  }
}
