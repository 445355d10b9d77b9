/** The smaller protocols on the RPC port (protocol reference 1.7). What is not here is an unknown protocol. */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import {
  GET_USER_MAPPINGS_PROTOCOL,
  GET_USER_MAPPINGS_PROTOCOL_NAME,
  HA_SERVICE_PROTOCOL,
  HA_SERVICE_PROTOCOL_NAME,
  HaServiceState,
  REFRESH_USER_MAPPINGS_PROTOCOL,
  REFRESH_USER_MAPPINGS_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/namenode-side-protocols.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'

export function sideProtocols({ principals }: NamenodeServices) {
  return {
    [GET_USER_MAPPINGS_PROTOCOL_NAME]: {
      getGroupsForUser: rpcMethod(GET_USER_MAPPINGS_PROTOCOL.getGroupsForUser, (request) => ({
        groups: principals.groupsOf(request.user),
      })),
    },
    [HA_SERVICE_PROTOCOL_NAME]: {
      monitorHealth: rpcMethod(HA_SERVICE_PROTOCOL.monitorHealth, () => ({})),
      getServiceStatus: rpcMethod(HA_SERVICE_PROTOCOL.getServiceStatus, (_, context) => {
        requireSuperuser(callOf(context, principals), 'getServiceStatus')
        return { state: HaServiceState.ACTIVE, readyToBecomeActive: false }
      }),
      transitionToActive: rpcMethod(HA_SERVICE_PROTOCOL.transitionToActive, notAvailable),
      transitionToStandby: rpcMethod(HA_SERVICE_PROTOCOL.transitionToStandby, notAvailable),
      transitionToObserver: rpcMethod(HA_SERVICE_PROTOCOL.transitionToObserver, notAvailable),
    },
    [REFRESH_USER_MAPPINGS_PROTOCOL_NAME]: {
      refreshUserToGroupsMappings: rpcMethod(
        REFRESH_USER_MAPPINGS_PROTOCOL.refreshUserToGroupsMappings,
        async (_, context) => {
          requireSuperuser(callOf(context, principals), 'refreshUserToGroupsMappings')
          await principals.refresh()
          return {}
        },
      ),
    },
  }
}

function notAvailable(): never {
  throw new DfsError('NOT_HIGHLY_AVAILABLE', 'HA for namenode is not enabled')
}
