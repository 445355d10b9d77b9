/** A complete datanode in this process, on free ports, with a scripted namenode. */
import { onTestFinished } from 'vitest'
import type { DatanodeConfig } from '../../datanode/config.js'
import { type RunningDatanode, startDatanode } from '../../datanode/start-datanode.js'
import type { SettingValues } from '../../shared/config/settings.js'
import type { Disk } from '../../shared/disk.js'
import { type ControlServer, TOKEN } from './control-server.js'
import { testSeams, volumeConfigs } from './datanode-fixture.js'
import { temporaryFolder } from './temporary-folder.js'

export interface WholeDatanodeOptions {
  readonly folder?: string
  readonly volumes?: number
  readonly disk?: Disk
  readonly config?: Partial<DatanodeConfig>
  /** Reads the settings again. */
  readonly reload?: () => SettingValues
}

export async function startWholeDatanode(
  control: ControlServer,
  options: WholeDatanodeOptions = {},
): Promise<RunningDatanode & { readonly folder: string }> {
  const folder = options.folder ?? temporaryFolder()
  const config: DatanodeConfig = {
    volumes: volumeConfigs(folder, options.volumes ?? 1),
    namenodeUrl: control.url,
    namenodeRpc: { host: '127.0.0.1', port: 1 },
    clusterToken: TOKEN,
    webAccess: { corsOrigins: [], csrfHeader: '' },
    bindHost: '127.0.0.1',
    addresses: [],
    advertisedAddresses: [],
    superuser: 'root',
    hostname: 'test-node',
    isHostnameChosen: true,
    rack: '/rack-1',
    transferPort: 0,
    httpPort: 0,
    ipcPort: 0,
    reservedBytes: 0,
    failedVolumesTolerated: 0,
    hungAfterMs: 60_000,
    syncOnClose: true,
    cachedWrites: 'first',
    scrubPeriodMs: 7 * 24 * 3600 * 1000,
    scrubBytesPerSecond: 0,
    copyBytesPerSecond: 0,
    maxTransfers: 64,
    logLevel: 'silent',
    ...options.config,
  }
  const running = await startDatanode(config, testSeams(options.disk), {
    ...(options.reload === undefined ? {} : { reload: options.reload }),
  })
  onTestFinished(() => running.close())
  return { ...running, folder }
}
