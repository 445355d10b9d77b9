/** The settings of a datanode, checked and frozen before anything starts. Keys and defaults: shared/config/settings.ts. */
export interface VolumeConfig {
  readonly path: string
  readonly type: 'DISK' | 'SSD' | 'ARCHIVE' | 'RAM_DISK'
}

export interface DatanodeConfig {
  readonly volumes: readonly VolumeConfig[]
  /** Base URL of the namenode's HTTP port, for the control protocol. */
  readonly namenodeUrl: string
  /** hdfs:// address of the namenode, for HTTP uploads that end in this node. */
  readonly namenodeRpc: { readonly host: string; readonly port: number }
  readonly clusterToken: string
  readonly bindHost: string
  /** Addresses to register; empty means: the interfaces that `bindHost` covers. */
  readonly advertisedAddresses: readonly string[]
  readonly hostname: string
  readonly rack: string
  /** 0 takes a free port. */
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
  /** Kept free on each volume: no block is placed into it. */
  readonly reservedBytes: number
  /** Volumes that may fail before the node gives up; the node always stops when the last one is gone. */
  readonly failedVolumesTolerated: number
  /** Sync data before the last packet of a block is acknowledged (P1). */
  readonly syncOnClose: boolean
  readonly scrubPeriodMs: number
  readonly scrubBytesPerSecond: number
  readonly copyBytesPerSecond: number
  readonly maxTransfers: number
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
}
