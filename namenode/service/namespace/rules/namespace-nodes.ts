/** Orders for datanodes: kept with the namespace, since they must outlive the replica map and reach a standby. */
import { checkLabel } from '../../../policy/argument-limits.js'
import { checkSuperuser } from '../../../policy/permissions.js'
import type { ChangeRule } from '../namespace-change.js'

export const orderNodeRule: ChangeRule<'orderNode'> = {
  decide: ({ call, stores }, { node, order }) => {
    checkSuperuser(call.principal, 'refreshNodes')
    checkLabel('datanode', node)
    const known = stores.nodeOrders.get(node)
    if (JSON.stringify(known) === JSON.stringify(order)) return { result: () => undefined }
    const { user } = call.principal
    return {
      edit: { op: 'orderNode', user, node, order: order ?? null },
      result: () => undefined,
    }
  },
}
