/** Those who look from above ask as superusers. */
import type { Call } from '../../../namenode/service/access/call.js'
import { SUPERUSER } from '../world/settings.js'

export const SUPERUSER_CALL: Call = {
  principal: { user: SUPERUSER, groups: [], isSuperuser: true },
  requestId: undefined,
  clientAddress: 'simulation',
  localAddress: 'simulation',
}
