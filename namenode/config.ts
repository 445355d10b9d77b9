/** The settings of a namenode, checked and frozen before anything starts. Keys and defaults: shared/config/settings.ts. */
import type { SettingValues } from '../shared/config/settings.js'
import type { WebAccessRules } from '../shared/http/web-access.js'
import type { LivenessLimits } from './policy/liveness.js'
import type { GroupCommandSettings } from './service/access/group-command.js'
import type { Topology } from './service/nodes/rack-resolver.js'

export interface NamenodeConfig {
  /** Holds the namespace, the replica map, the version file and the lock. */
  readonly dataFolder: string
  readonly bindHost: string
  /** Without it a `bindHost` beyond loopback is refused: callers are believed to be whoever they say they are. */
  readonly allowUnauthenticatedBind: boolean
  /** 0 takes a free port. */
  readonly rpcPort: number
  readonly httpPort: number
  /** Further ports on which the same is served: clients are told apart by them. */
  readonly extraRpcPorts: readonly number[]
  readonly extraHttpPorts: readonly number[]
  /** Shared secret of the cluster; datanodes present it. */
  readonly clusterToken: string
  readonly superuser: string
  readonly supergroup: string
  /** Where the groups of users come from beside the system's files; none unless given. */
  readonly groups?: GroupSettings
  /** Who an HTTP request is that names nobody. Default: `dr.who`, as in HDFS, a user without rights of its own. */
  readonly anonymousUser?: string
  /** Users that may act for others. */
  readonly proxyUsers: readonly string[]
  /** What pages of other sites may do over HTTP. */
  readonly webAccess: WebAccessRules
  readonly blockSizeBytes: number
  readonly minBlockSizeBytes: number
  /** Blocks of one file. Default 10,000, as in HDFS. */
  readonly maxBlocksPerFile?: number
  readonly replication: number
  /** Replicas that must be reported before a block counts as stored. */
  readonly minReplication: number
  readonly maxReplication: number
  /** Extended attributes of one file, and the size of one with its name. */
  readonly maxXAttrs: number
  readonly maxXAttrBytes: number
  /** Backups that the namenode makes by itself; without a target none. */
  readonly backup?: {
    /** A folder, or `dfs:/path`; empty for none. */
    readonly target: string
    readonly intervalMs: number
    readonly keep: number
  }
  /** Changes that the log of edits holds. */
  readonly editsRetained: number
  /** How long deletions can be undone; 0: not at all. */
  readonly keepDeletedMs: number
  /** With less of the cluster's capacity free, what was deleted is given up early. 0 to 1 */
  readonly undoFreeShare: number
  /** What clients are told: 0 switches the trash off. */
  readonly trashIntervalMinutes: number
  /** How old a checkpoint of the trash becomes, and how often one is made. */
  readonly trash: { readonly keepMs: number; readonly checkpointMs: number }
  readonly liveness: LivenessLimits
  readonly heartbeatIntervalMs: number
  readonly fullReportIntervalMs: number
  readonly leaseSoftLimitMs: number
  readonly leaseHardLimitMs: number
  /** How long `complete` waits for reports before it answers "not yet". */
  readonly completeWaitMs: number
  readonly replicationLoopMs: number
  /** A copy that has not been reported within this time is offered again. */
  readonly pendingCopyTimeoutMs: number
  /** Copies that one node may send or receive at a time. */
  readonly copyStreamsPerNode: number
  /** Whether new replicas and readers keep away from disks that are much slower than the others. */
  readonly avoidSlowStorages: boolean
  /** How racks are found. */
  readonly topology: Topology
  /** Apache's lists of hosts: `dfs.hosts` (lists, or combined JSON documents) and `dfs.hosts.exclude`. */
  readonly hostsFiles: { readonly hosts: readonly string[]; readonly exclude: readonly string[] }
  /** Pause between two looks at what still depends on nodes that leave. */
  readonly nodeCheckMs: number
  /** Of healthy blocks: most bytes a second in the whole cluster, and how uneven storages may be used (a share). */
  readonly movement: { readonly bytesPerSecond: number; readonly balanceThreshold: number }
  /** Replicas of a block that stay reachable while others are in maintenance. */
  readonly maintenanceMinReplicas: number
  /** Share of known blocks that must be confirmed before writes are accepted, 0 to 1. */
  readonly safeModeThreshold: number
  /** `inline` runs the SQLite writer on the main thread: for simulation and debugging. */
  readonly writer: 'thread' | 'inline'
  /** 0 bytes keep no audit log. */
  readonly audit: { readonly maxBytes: number; readonly reads: boolean }
  readonly logLevel: LogLevel
}

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export interface GroupSettings extends GroupCommandSettings {
  /** As written: see policy/static-groups.ts. */
  readonly staticGroups: string
}

export function groupSettings(values: SettingValues): GroupSettings {
  return {
    staticGroups: values['permission.static-groups'],
    command: values['permission.groups-command'],
    timeoutMs: values['permission.groups-timeout'],
    cacheMs: values['permission.groups-cache'],
  }
}

/**
 * The part of the settings that concerns a namenode, in its own terms.
 * @param systemUser who is superuser when the settings name nobody
 */
export function namenodeConfig(
  values: SettingValues,
  clusterToken: string,
  systemUser: string,
): NamenodeConfig {
  return Object.freeze({
    dataFolder: values['namenode.data-folder'],
    bindHost: values['network.bind-host'],
    allowUnauthenticatedBind: values['network.allow-unauthenticated'],
    rpcPort: values['namenode.rpc-port'],
    httpPort: values['namenode.http-port'],
    extraRpcPorts: values['namenode.extra-rpc-ports'].map(Number),
    extraHttpPorts: values['namenode.extra-http-ports'].map(Number),
    clusterToken,
    superuser: values['permission.superuser'] || systemUser,
    supergroup: values['permission.supergroup'],
    groups: groupSettings(values),
    anonymousUser: values['permission.anonymous-user'],
    proxyUsers: values['permission.proxy-users'],
    webAccess: {
      corsOrigins: values['http.cors-origins'],
      csrfHeader: values['http.csrf-header'],
    },
    blockSizeBytes: values['block.size'],
    minBlockSizeBytes: values['block.min-size'],
    maxBlocksPerFile: values['block.maximum-per-file'],
    replication: values['replication.target'],
    minReplication: values['replication.minimum'],
    maxReplication: values['replication.maximum'],
    maxXAttrs: values['xattr.maximum'],
    maxXAttrBytes: values['xattr.max-size'],
    backup: {
      target: values['backup.target'],
      intervalMs: values['backup.interval'],
      keep: values['backup.keep'],
    },
    keepDeletedMs: values['undo.keep'],
    editsRetained: values['edits.keep'],
    undoFreeShare: values['undo.free-space'],
    trashIntervalMinutes: Math.ceil(values['trash.interval'] / 60_000),
    trash: {
      keepMs: values['trash.interval'],
      // As in HDFS: 0, or more than the interval, means the interval.
      checkpointMs:
        values['trash.checkpoint-interval'] === 0
          ? values['trash.interval']
          : Math.min(values['trash.checkpoint-interval'], values['trash.interval']),
    },
    liveness: {
      staleAfterMs: values['liveness.stale-after'],
      deadAfterMs: values['liveness.dead-after'],
    },
    heartbeatIntervalMs: values['heartbeat.interval'],
    fullReportIntervalMs: values['report.full-interval'],
    leaseSoftLimitMs: values['lease.soft-limit'],
    leaseHardLimitMs: values['lease.hard-limit'],
    completeWaitMs: values['write.complete-wait'],
    replicationLoopMs: values['replication.check-interval'],
    pendingCopyTimeoutMs: values['replication.pending-timeout'],
    copyStreamsPerNode: values['replication.streams-per-node'],
    avoidSlowStorages: values['placement.avoid-slow'],
    topology: {
      table: values['topology.table'],
      script: values['topology.script'][0],
      argumentsAtOnce: values['topology.script-arguments'],
      timeoutMs: values['topology.script-timeout'],
    },
    hostsFiles: { hosts: values['nodes.hosts-files'], exclude: values['nodes.exclude-files'] },
    nodeCheckMs: values['nodes.check-interval'],
    movement: {
      bytesPerSecond: values['movement.rate'],
      balanceThreshold: values['movement.balance-threshold'],
    },
    maintenanceMinReplicas: values['maintenance.min-replicas'],
    safeModeThreshold: values['safe-mode.threshold'],
    writer: values['namenode.writer'],
    audit: { maxBytes: values['audit.max-size'], reads: values['audit.reads'] },
    logLevel: values['log.level'],
  })
}
