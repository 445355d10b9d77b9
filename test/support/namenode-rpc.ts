/**
 * The RPC face of a namenode on a free port, over a real namespace in a temporary folder and a scripted block management:
 * what a Hadoop client sees, without datanodes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NamenodeConfig } from '../../namenode/config.js'
import { checkSuperuser } from '../../namenode/policy/permissions.js'
import { mayConnectFor } from '../../namenode/rpc/known-callers.js'
import { namenodeProtocols } from '../../namenode/rpc/protocols.js'
import { Audit } from '../../namenode/service/access/audit.js'
import type { LeaseRecovery } from '../../namenode/service/files/file-reopening.js'
import { openNamespace } from '../../namenode/service/namespace/open-namespace.js'
import { openServices } from '../../namenode/service/open-services.js'
import type { NamenodeServices } from '../../namenode/service/services.js'
import { NamenodeClient } from '../../shared/client/namenode-client.js'
import { IpcServer } from '../../shared/hadoop/ipc-server.js'
import { type BlockId, datanodeUuid } from '../../shared/ids.js'
import { silentLog } from '../../shared/log.js'
import { ShutdownStack } from '../../shared/shutdown-stack.js'
import { systemSeams } from '../../shared/system-seams.js'
import { testNamenodeConfig } from './namenode-config.js'
import { ScriptedBlockManager } from './scripted-block-manager.js'

export interface NamenodeRpc {
  readonly port: number
  readonly blockManager: ScriptedBlockManager
  readonly services: NamenodeServices
  /** What `recoverLease` finds when it starts: `recovering` by default. */
  readonly leases: { outcome: 'closed' | 'recovering' }
  /** Blocks that are listed as missing. */
  readonly missing: BlockId[]
  /** What was written into the folder of logs, by name. */
  readonly logFiles: ReadonlyMap<string, string>
  /** A client of its own connection, closed with the server. */
  client(user?: string): NamenodeClient
  close(): Promise<void>
}

/** Orders for datanodes are tested with block management; here there is none. */
const NOBODY_ORDERED: NamenodeServices['administration'] = {
  order: async () => datanodeUuid('node-1'),
  refresh: async (call) => {
    if (call !== undefined) checkSuperuser(call.principal, 'refreshNodes')
  },
  views: () => [],
}

/** Neither is there anything at risk. */
const NO_STATUS: NamenodeServices['status'] = {
  report: () => {
    throw new Error('not scripted')
  },
  slowStorages: () => [],
  explain: () => {
    throw new Error('not scripted')
  },
}

const PASSWD = 'root:x:0:0::/:/bin/sh\nalice:x:1:1::/:/bin/sh\ncarol:x:2:2::/:/bin/sh\n'
const GROUP = 'root:x:0:\nstaff:x:1:\nusers:x:2:\n'

export async function openNamenodeRpc(
  options: {
    readonly datanodes?: number
    readonly change?: Partial<NamenodeConfig>
    /** A folder that outlives this namenode: for restarts. */
    readonly folder?: string
    /** What `permission.groups-command` prints for a user. */
    readonly groupsOf?: (user: string) => Promise<string>
  } = {},
): Promise<NamenodeRpc> {
  const closing = new ShutdownStack()
  const folder =
    options.folder ??
    closing.use('folder', await mkdtemp(join(tmpdir(), 'dfs-rpc-')), (it) =>
      rm(it, { recursive: true, force: true }),
    )
  const seams = systemSeams(silentLog)
  const config = { ...testNamenodeConfig(folder), ...options.change }
  const namespace = closing.use(
    'namespace',
    await openNamespace({ config, seams, writer: 'inline' }),
    (it) => it.close(),
  )
  const blockManager = new ScriptedBlockManager(options.datanodes ?? 4)
  const leases: NamenodeRpc['leases'] = { outcome: 'recovering' }
  const missing: BlockId[] = []
  const logFiles = new Map<string, string>()
  const leaseRecovery: LeaseRecovery = { startLeaseRecovery: async () => leases.outcome }
  const audit = closing.use(
    'audit log',
    await Audit.open({ ...seams, dataFolder: folder, ...config.audit }),
    (it) => it.close(),
  )
  const services = await openServices({
    audit,
    config,
    clock: seams.clock,
    log: silentLog,
    namespace,
    blockManager,
    leaseRecovery,
    administration: NOBODY_ORDERED,
    forgetting: { forget: () => Promise.reject(new Error('no datanodes here')) },
    lossForecasts: { of: () => Promise.reject(new Error('no datanodes here')) },
    status: NO_STATUS,
    missingBlocksAfter: (after, limit) => missing.filter((it) => it > after).slice(0, limit),
    namenodeAddresses: new Set(['127.0.0.1', '10.0.0.1']),
    readSystemFile: async (path) => (path === '/etc/passwd' ? PASSWD : GROUP),
    runProgram: async (_, [user = '']) => (await options.groupsOf?.(user)) ?? '',
    writeLogFile: async (name, text) => void logFiles.set(name, text),
  })
  const server = new IpcServer({
    seams,
    protocols: namenodeProtocols(services),
    limits: { mayImpersonate: mayConnectFor(services) },
    aroundCalls: (take) => services.namespace.readTogether(take),
  })
  const listener = closing.use('rpc', await server.listen({ host: '127.0.0.1', port: 0 }), (it) =>
    it.close(),
  )
  return {
    port: listener.port,
    blockManager,
    services,
    leases,
    missing,
    logFiles,
    client: (user = 'root') =>
      closing.use(
        `client of ${user}`,
        new NamenodeClient({
          seams,
          address: { host: '127.0.0.1', port: listener.port },
          user,
          timeoutMs: 10_000,
        }),
        (it) => it.close(),
      ),
    close: () => closing.closeAll(),
  }
}
