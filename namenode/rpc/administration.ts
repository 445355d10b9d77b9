/** What `dfsadmin` changes (protocol reference 2.5, "Admin"). */
import { DfsError } from '../../shared/errors.js'
import { type RpcContext, rpcMethod } from '../../shared/hadoop/ipc-server.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import { RollingUpgradeAction, SafeModeAction } from '../../shared/hadoop/schema/cluster.js'
import { type AuditedCall, audited } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf, requireSuperuser } from './call.js'

export function administration(services: NamenodeServices) {
  const { safeMode, principals, log, metaSave, blockManager, audit } = services
  /** With a line in the audit log, also of a refusal. */
  const asSuperuser = <T>(
    context: RpcContext,
    command: string,
    work: (call: Call) => T | Promise<T>,
  ): Promise<T> => {
    const call = callOf(context, principals)
    return audited(audit, call, { command }, () => {
      requireSuperuser(call, command)
      return work(call)
    })
  }
  return {
    setSafeMode: rpcMethod(CLIENT_PROTOCOL.setSafeMode, (request, context) => {
      const call = callOf(context, principals)
      const about = safeModeCall(request.action)
      return audited(audit, call, about, () => {
        if (request.action !== SafeModeAction.GET) changeSafeMode(services, call, about)
        return { result: safeMode.isOn }
      })
    }),
    // Every change is on disk when it is answered: there is no image to save apart from it.
    saveNamespace: rpcMethod(CLIENT_PROTOCOL.saveNamespace, (_, context) =>
      asSuperuser(context, 'saveNamespace', () => {
        if (safeMode.isOn) return { saved: true }
        const text = 'Safe mode should be turned ON in order to create namespace image.'
        throw new DfsError('IO', text)
      }),
    ),
    refreshNodes: rpcMethod(CLIENT_PROTOCOL.refreshNodes, (_, context) =>
      asSuperuser(context, 'refreshNodes', async (call) => {
        await services.administration.refresh(call)
        return {}
      }),
    ),
    metaSave: rpcMethod(CLIENT_PROTOCOL.metaSave, ({ filename }, context) =>
      asSuperuser(context, 'metaSave', async () => {
        await metaSave.save(filename)
        return {}
      }),
    ),
    // Every move of a block is a copy, and all copies of a node share one budget: see datanode.copy-rate.
    setBalancerBandwidth: rpcMethod(
      CLIENT_PROTOCOL.setBalancerBandwidth,
      ({ bandwidth }, context) =>
        asSuperuser(context, 'setBalancerBandwidth', ({ principal: { user } }) => {
          if (bandwidth < 0 || bandwidth > Number.MAX_SAFE_INTEGER) {
            throw new DfsError('ILLEGAL_ARGUMENT', 'Bandwidth should be a non-negative integer')
          }
          blockManager.limitCopies(bandwidth)
          log.warn({ user, bytesPerSecond: bandwidth }, 'copies limited by hand')
          return {}
        }),
    ),
    finalizeUpgrade: rpcMethod(CLIENT_PROTOCOL.finalizeUpgrade, (_, context) =>
      asSuperuser(context, 'finalizeUpgrade', () => ({})),
    ),
    upgradeStatus: rpcMethod(CLIENT_PROTOCOL.upgradeStatus, (_, context) => {
      requireSuperuser(callOf(context, principals), 'upgradeStatus')
      return { upgradeFinalized: true }
    }),
    rollingUpgrade: rpcMethod(CLIENT_PROTOCOL.rollingUpgrade, (request, context) =>
      asSuperuser(context, 'queryRollingUpgrade', () => {
        if (request.action === RollingUpgradeAction.QUERY) return {}
        throw new DfsError('UNSUPPORTED', 'Rolling upgrades are not supported.')
      }),
    ),
    msync: rpcMethod(CLIENT_PROTOCOL.msync, () => ({})),
    getHAServiceState: rpcMethod(CLIENT_PROTOCOL.getHAServiceState, () => {
      throw new DfsError('NOT_HIGHLY_AVAILABLE', 'HA for namenode is not enabled')
    }),
  }
}

/** @throws DfsError JAVA_ILLEGAL_ARGUMENT */
function safeModeCall(action: number): AuditedCall {
  switch (action) {
    case SafeModeAction.GET:
      return { command: 'safemode_get', isRead: true }
    case SafeModeAction.ENTER:
      return { command: 'safemode_enter' }
    case SafeModeAction.LEAVE:
      return { command: 'safemode_leave' }
    case SafeModeAction.FORCE_EXIT:
      return { command: 'safemode_force_exit' }
    default:
      throw new DfsError('JAVA_ILLEGAL_ARGUMENT', `Unexpected safe mode action ${action}`)
  }
}

function changeSafeMode(
  { safeMode, log }: NamenodeServices,
  call: Call,
  { command }: AuditedCall,
): void {
  const { user } = call.principal
  if (command === 'safemode_enter') {
    requireSuperuser(call, command)
    safeMode.enterManually()
    log.warn({ user }, 'safe mode entered by hand')
    return
  }
  requireSuperuser(call, 'safemode_leave')
  safeMode.leaveManually()
  log.warn({ user }, 'safe mode left by hand')
}
