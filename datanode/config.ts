/** The settings of a datanode, checked and frozen before anything starts. Keys and defaults: shared/config/settings.ts. */
import type { SettingValues } from '../shared/config/settings.js'
import type { WebAccessRules } from '../shared/http/web-access.js'
import { hostInUrl } from '../shared/ip-address.js'
import type { CachedWrites } from './policy/drop-behind.js'

export interface VolumeConfig {
  readonly path: string
  readonly type: 'DISK' | 'SSD' | 'ARCHIVE' | 'RAM_DISK'
}

/** Where the namenode is. */
export interface NamenodePlace {
  /** Base URL of the namenode's HTTP port, for the control protocol. */
  readonly namenodeUrl: string
  /** hdfs:// address of the namenode, for HTTP uploads that end in this node. */
  readonly namenodeRpc: { readonly host: string; readonly port: number }
}

export interface DatanodeConfig extends NamenodePlace {
  readonly volumes: readonly VolumeConfig[]
  readonly clusterToken: string
  /** What pages of other sites may do over HTTP. */
  readonly webAccess: WebAccessRules
  readonly bindHost: string
  /** Addresses to register; empty means: the interfaces that `bindHost` covers. */
  readonly addresses: readonly string[]
  /** As written: see shared/control/advertised-address.ts. */
  readonly advertisedAddresses: readonly string[]
  /** User who may evict writers and end the server, beside the one that runs it. */
  readonly superuser: string
  readonly hostname: string
  /** The name was given, not found out: it is told to clients without being looked up here. */
  readonly isHostnameChosen: boolean
  readonly rack: string
  /** 0 takes a free port. */
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
  /** Kept free on each volume: no block is placed into it. */
  readonly reservedBytes: number
  /** Volumes that may fail before the node gives up; the node always stops when the last one is gone. */
  readonly failedVolumesTolerated: number
  /** A volume whose disk leaves a call unanswered for so long is taken out. */
  readonly hungAfterMs: number
  /** Sync data before the last packet of a block is acknowledged (P1). */
  readonly syncOnClose: boolean
  /** For writers that do not say: whose large batches stay in the page cache. */
  readonly cachedWrites: CachedWrites
  readonly scrubPeriodMs: number
  readonly scrubBytesPerSecond: number
  readonly copyBytesPerSecond: number
  readonly maxTransfers: number
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}

/** What the settings leave to the machine. */
export interface Machine {
  /** The node's name in listings when the settings give none. */
  readonly name: string
  /** Of the smallest disk under the volumes: a share to be reserved is a share of it. */
  readonly smallestVolumeBytes: number
  /** The user that runs the server. */
  readonly user: string
}

/** The part of the settings that concerns a datanode, in its own terms. */
export function datanodeConfig(
  values: SettingValues,
  clusterToken: string,
  machine: Machine,
): DatanodeConfig {
  const reserved = values['datanode.reserved']
  return Object.freeze({
    volumes: values['datanode.volumes'].map(volumeOf),
    ...namenodePlace(values['namenode.host'], {
      rpcPort: values['namenode.rpc-port'],
      httpPort: values['namenode.http-port'],
    }),
    clusterToken,
    webAccess: {
      corsOrigins: values['http.cors-origins'],
      csrfHeader: values['http.csrf-header'],
    },
    bindHost: values['network.bind-host'],
    addresses: values['datanode.addresses'],
    advertisedAddresses: values['datanode.advertised-addresses'],
    superuser: values['permission.superuser'] || machine.user,
    hostname: values['datanode.hostname'] || machine.name,
    isHostnameChosen: values['datanode.hostname'] !== '',
    rack: values['datanode.rack'],
    transferPort: values['datanode.transfer-port'],
    httpPort: values['datanode.http-port'],
    ipcPort: values['datanode.ipc-port'],
    reservedBytes: reserved < 1 ? Math.floor(reserved * machine.smallestVolumeBytes) : reserved,
    failedVolumesTolerated: values['datanode.failed-volumes-tolerated'],
    hungAfterMs: values['datanode.hung-after'],
    syncOnClose: values['datanode.sync-on-close'],
    cachedWrites: values['datanode.cached-writes'],
    scrubPeriodMs: values['datanode.scrub-period'],
    scrubBytesPerSecond: values['datanode.scrub-rate'],
    copyBytesPerSecond: values['datanode.copy-rate'],
    maxTransfers: values['datanode.max-transfers'],
    logLevel: values['log.level'],
  })
}

const VOLUME_TYPES: Readonly<Record<string, VolumeConfig['type']>> = {
  '[DISK]': 'DISK',
  '[SSD]': 'SSD',
  '[ARCHIVE]': 'ARCHIVE',
  '[RAM_DISK]': 'RAM_DISK',
}

/** `[SSD]/disk2/dfs`, as in HDFS; without a label it is a disk. */
function volumeOf(written: string): VolumeConfig {
  const [, label = '[DISK]', path = written] = /^(\[[A-Z_]+\])(.*)$/s.exec(written) ?? []
  return { path, type: VOLUME_TYPES[label] ?? 'DISK' }
}

export function namenodePlace(
  host: string,
  { rpcPort, httpPort }: { readonly rpcPort: number; readonly httpPort: number },
): NamenodePlace {
  return {
    namenodeUrl: `http://${hostInUrl(host)}:${httpPort}`,
    namenodeRpc: { host, port: rpcPort },
  }
}
