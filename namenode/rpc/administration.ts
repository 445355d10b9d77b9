/** What `dfsadmin` changes (protocol reference 2.5, "Admin"). */
import { DfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { RollingUpgradeAction, SafeModeAction } from '../../shared/hadoop/schema/cluster.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'

export function administration(services: NamenodeServices) {
  const { safeMode, principals, log, metaSave, blockManager } = services
  return {
    setSafeMode: rpcMethod(CLIENT_PROTOCOL.setSafeMode, (request, context) => {
      const call = callOf(context, principals)
      switch (request.action) {
        case SafeModeAction.GET:
          break
        case SafeModeAction.ENTER:
          requireSuperuser(call, 'safemode_enter')
          safeMode.enterManually()
          log.warn({ user: call.principal.user }, 'safe mode entered by hand')
          break
        case SafeModeAction.LEAVE:
        case SafeModeAction.FORCE_EXIT:
          requireSuperuser(call, 'safemode_leave')
          safeMode.leaveManually()
          log.warn({ user: call.principal.user }, 'safe mode left by hand')
          break
        default:
          throw new DfsError(
            'JAVA_ILLEGAL_ARGUMENT',
            `Unexpected safe mode action ${request.action}`,
          )
      }
      return { result: safeMode.isOn }
    }),
    // Every change is on disk when it is answered: there is no image to save apart from it.
    saveNamespace: rpcMethod(CLIENT_PROTOCOL.saveNamespace, (_, context) => {
      requireSuperuser(callOf(context, principals), 'saveNamespace')
      if (!safeMode.isOn) {
        throw new DfsError(
          'IO',
          'Safe mode should be turned ON in order to create namespace image.',
        )
      }
      return { saved: true }
    }),
    refreshNodes: rpcMethod(CLIENT_PROTOCOL.refreshNodes, async (_, context) => {
      await services.administration.refresh(callOf(context, principals))
      return {}
    }),
    metaSave: rpcMethod(CLIENT_PROTOCOL.metaSave, async ({ filename }, context) => {
      requireSuperuser(callOf(context, principals), 'metaSave')
      await metaSave.save(filename)
      return {}
    }),
    // Every move of a block is a copy, and all copies of a node share one budget: see datanode.copy-rate.
    setBalancerBandwidth: rpcMethod(
      CLIENT_PROTOCOL.setBalancerBandwidth,
      ({ bandwidth }, context) => {
        const call = callOf(context, principals)
        requireSuperuser(call, 'setBalancerBandwidth')
        if (bandwidth < 0 || bandwidth > Number.MAX_SAFE_INTEGER) {
          throw new DfsError('ILLEGAL_ARGUMENT', 'Bandwidth should be a non-negative integer')
        }
        blockManager.limitCopies(bandwidth)
        log.warn({ user: call.principal.user, bytesPerSecond: bandwidth }, 'copies limited by hand')
        return {}
      },
    ),
    finalizeUpgrade: rpcMethod(CLIENT_PROTOCOL.finalizeUpgrade, (_, context) => {
      requireSuperuser(callOf(context, principals), 'finalizeUpgrade')
      return {}
    }),
    upgradeStatus: rpcMethod(CLIENT_PROTOCOL.upgradeStatus, (_, context) => {
      requireSuperuser(callOf(context, principals), 'upgradeStatus')
      return { upgradeFinalized: true }
    }),
    rollingUpgrade: rpcMethod(CLIENT_PROTOCOL.rollingUpgrade, (request, context) => {
      requireSuperuser(callOf(context, principals), 'queryRollingUpgrade')
      if (request.action === RollingUpgradeAction.QUERY) return {}
      throw new DfsError('UNSUPPORTED', 'Rolling upgrades are not supported.')
    }),
    msync: rpcMethod(CLIENT_PROTOCOL.msync, () => ({})),
    getHAServiceState: rpcMethod(CLIENT_PROTOCOL.getHAServiceState, () => {
      throw new DfsError('NOT_HIGHLY_AVAILABLE', 'HA for namenode is not enabled')
    }),
  }
}
