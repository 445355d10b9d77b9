/** Joins the namespace and block management into what the faces call. */
import type { Clock } from '../../shared/clock.js'
import { Reconfiguration } from '../../shared/config/reconfiguration.js'
import type { SettingValues } from '../../shared/config/settings.js'
import type { BlockId } from '../../shared/ids.js'
import type { Log } from '../../shared/log.js'
import type { NamenodeConfig } from '../config.js'
import type { Audit } from './access/audit.js'
import { Principals, type PrincipalsOptions } from './access/principals.js'
import type { BlockManager } from './blocks/block-manager.js'
import { EventLog } from './events/event-log.js'
import { FileReopening, type LeaseRecovery } from './files/file-reopening.js'
import { FileWrites } from './files/file-writes.js'
import { LocatedBlocks } from './files/located-blocks.js'
import { CorruptFiles } from './inspection/corrupt-files.js'
import { MetaSave } from './inspection/meta-save.js'
import { liveSettings } from './live-settings.js'
import { type MovementStatus, NO_MOVEMENT } from './movement/block-movement.js'
import { clientNamespace } from './namespace/client-namespace.js'
import type { Namespace } from './namespace/namespace.js'
import { SafeMode } from './safe-mode.js'
import type { NamenodeServices } from './services.js'

export interface OpenServicesOptions {
  readonly config: NamenodeConfig
  readonly clock: Clock
  readonly log: Log
  /** The namespace itself; the faces get it with safe mode and the audit log in front. */
  readonly namespace: Namespace
  readonly blockManager: BlockManager
  readonly audit: Audit
  readonly leaseRecovery: LeaseRecovery
  readonly administration: NamenodeServices['administration']
  readonly forgetting: NamenodeServices['forgetting']
  readonly lossForecasts: NamenodeServices['lossForecasts']
  readonly status: NamenodeServices['status']
  /** Blocks without a good replica with ids above `after`, by id. */
  readonly missingBlocksAfter: (after: BlockId | 0, limit: number) => readonly BlockId[]
  /** Every address of this machine. */
  readonly namenodeAddresses: ReadonlySet<string>
  readonly readSystemFile: (path: string) => Promise<string>
  /** Reads the settings again; without it none changes while the namenode runs. */
  readonly reload?: (() => SettingValues) | undefined
  readonly copies?: { streamsPerNode: number }
  readonly runProgram: PrincipalsOptions['runProgram']
  /** Without it nothing is ever moved. */
  readonly movement?: () => MovementStatus
  /** Writes a text into the folder of logs. */
  readonly writeLogFile: (name: string, text: string) => Promise<void>
}

export async function openServices(options: OpenServicesOptions): Promise<NamenodeServices> {
  const { config, clock, log, audit, blockManager, leaseRecovery, readSystemFile } = options
  const safeMode = new SafeMode(blockManager)
  const namespace = clientNamespace(options.namespace, safeMode, audit)
  const located = new LocatedBlocks({ ...options, namespace })
  const { minReplication, completeWaitMs, superuser, supergroup } = config
  const principals = await Principals.open({
    ...{ clock, log, superuser, supergroup, readSystemFile },
    groups: config.groups,
    runProgram: options.runProgram,
  })
  const access = { proxyUsers: config.proxyUsers }
  const copies = options.copies ?? { streamsPerNode: config.copyStreamsPerNode }
  const live = liveSettings({ principals, access, copies })
  const joint = { namespace, blockManager, located, safeMode }
  return {
    config,
    clock,
    log,
    namespace,
    blockManager,
    located,
    administration: options.administration,
    forgetting: options.forgetting,
    lossForecasts: options.lossForecasts,
    movement: options.movement ?? (() => NO_MOVEMENT),
    status: options.status,
    safeMode,
    writes: new FileWrites({ ...joint, minReplication, completeWaitMs }),
    reopening: new FileReopening({ ...joint, leaseRecovery }),
    corruptFiles: new CorruptFiles({ namespace, missingBlocksAfter: options.missingBlocksAfter }),
    audit,
    events: new EventLog(options.namespace),
    metaSave: new MetaSave(options),
    principals,
    access,
    reconfiguration: new Reconfiguration({ clock, log, reload: options.reload, live }),
  }
}
