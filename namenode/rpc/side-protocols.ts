/** The smaller protocols on the RPC port (protocol reference 1.7). What is not here is an unknown protocol. */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { reconfigurationFace } from '../../shared/hadoop/reconfiguration-face.js'
import {
  GENERIC_REFRESH_PROTOCOL,
  GENERIC_REFRESH_PROTOCOL_NAME,
  GET_USER_MAPPINGS_PROTOCOL,
  GET_USER_MAPPINGS_PROTOCOL_NAME,
  HA_SERVICE_PROTOCOL,
  HA_SERVICE_PROTOCOL_NAME,
  HaServiceState,
  NAMENODE_PROTOCOL,
  NAMENODE_PROTOCOL_NAME,
  REFRESH_AUTHORIZATION_POLICY_PROTOCOL,
  REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME,
  REFRESH_CALL_QUEUE_PROTOCOL,
  REFRESH_CALL_QUEUE_PROTOCOL_NAME,
  REFRESH_USER_MAPPINGS_PROTOCOL,
  REFRESH_USER_MAPPINGS_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/namenode-side-protocols.js'
import { RECONFIGURATION_PROTOCOL_NAME } from '../../shared/hadoop/schema/reconfiguration.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'

export function sideProtocols(services: NamenodeServices) {
  return {
    ...highAvailability(services),
    ...users(services),
    ...refreshes(services),
    [NAMENODE_PROTOCOL_NAME]: workOfOtherServers(),
    [RECONFIGURATION_PROTOCOL_NAME]: reconfigurationFace(
      services.reconfiguration,
      (context, operation) => requireSuperuser(callOf(context, services.principals), operation),
    ),
  }
}

function highAvailability({ principals }: NamenodeServices) {
  return {
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
  }
}

function notAvailable(): never {
  throw new DfsError('NOT_HIGHLY_AVAILABLE', 'HA for namenode is not enabled')
}

function users({ principals, reconfiguration }: NamenodeServices) {
  const protocol = REFRESH_USER_MAPPINGS_PROTOCOL
  return {
    [GET_USER_MAPPINGS_PROTOCOL_NAME]: {
      getGroupsForUser: rpcMethod(GET_USER_MAPPINGS_PROTOCOL.getGroupsForUser, async ({ user }) => {
        await principals.know(user)
        return { groups: principals.groupsOf(user) }
      }),
    },
    [REFRESH_USER_MAPPINGS_PROTOCOL_NAME]: {
      refreshUserToGroupsMappings: rpcMethod(
        protocol.refreshUserToGroupsMappings,
        async (_, context) => {
          requireSuperuser(callOf(context, principals), 'refreshUserToGroupsMappings')
          reconfiguration.refresh('permission.static-groups', 'permission.groups-command')
          await principals.refresh()
          return {}
        },
      ),
      refreshSuperUserGroupsConfiguration: rpcMethod(
        protocol.refreshSuperUserGroupsConfiguration,
        (_, context) => {
          requireSuperuser(callOf(context, principals), 'refreshSuperUserGroupsConfiguration')
          reconfiguration.refresh('permission.proxy-users')
          return {}
        },
      ),
    },
  }
}

function refreshes({ principals }: NamenodeServices) {
  return {
    [REFRESH_AUTHORIZATION_POLICY_PROTOCOL_NAME]: {
      refreshServiceAcl: rpcMethod(
        REFRESH_AUTHORIZATION_POLICY_PROTOCOL.refreshServiceAcl,
        (_, context) => {
          requireSuperuser(callOf(context, principals), 'refreshServiceAcl')
          throw new DfsError('NOT_AUTHORIZED', 'Service Level Authorization not enabled!')
        },
      ),
    },
    [REFRESH_CALL_QUEUE_PROTOCOL_NAME]: {
      refreshCallQueue: rpcMethod(REFRESH_CALL_QUEUE_PROTOCOL.refreshCallQueue, (_, context) => {
        requireSuperuser(callOf(context, principals), 'refreshCallQueue')
        return {}
      }),
    },
    [GENERIC_REFRESH_PROTOCOL_NAME]: {
      refresh: rpcMethod(GENERIC_REFRESH_PROTOCOL.refresh, ({ identifier }, context) => {
        requireSuperuser(callOf(context, principals), 'refresh')
        throw new DfsError(
          'ILLEGAL_ARGUMENT',
          `Resource '${identifier ?? ''}' doesn't exist or cannot be refreshed.`,
        )
      }),
    },
  }
}

/** How Hadoop's balancer, mover and secondary namenode begin: told at once that their work is done here already. */
function workOfOtherServers() {
  const refuse = () => {
    throw new DfsError(
      'UNSUPPORTED',
      'This cluster moves blocks and keeps its namespace by itself: no balancer, mover or secondary namenode is needed.',
    )
  }
  return Object.fromEntries(
    Object.values(NAMENODE_PROTOCOL).map((method) => [method.name, rpcMethod(method, refuse)]),
  )
}
