/** A datanode as a process of its own: settings in, exit code out. */
import { mkdirSync, statfsSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { systemClock } from '../shared/clock.js'
import { readClusterToken } from '../shared/config/cluster-token.js'
import type { SettingValues } from '../shared/config/settings.js'
import { systemProcessHost } from '../shared/process-host.js'
import { runServerProcess } from '../shared/server-process.js'
import { createSystemLog } from '../shared/system-log.js'
import { systemSeams } from '../shared/system-seams.js'
import { datanodeConfig } from './config.js'
import { startDatanode } from './start-datanode.js'

export interface DatanodeProcess {
  readonly values: SettingValues
  /** Reads the settings again (`dfsadmin -reconfig`). */
  readonly reload: () => SettingValues
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** Serves until asked to end. @returns the exit code */
export async function runDatanode({ values, reload, ...io }: DatanodeProcess): Promise<number> {
  const log = createSystemLog({
    name: 'datanode',
    level: values['log.level'],
    format: values['log.format'],
    stream: process.stderr,
  })
  return await runServerProcess({
    ...io,
    name: 'datanode',
    log,
    clock: systemClock,
    host: systemProcessHost,
    start: async () => {
      const config = datanodeConfig(values, readClusterToken(values), {
        name: hostname(),
        user: userInfo().username,
        smallestVolumeBytes: smallestDiskBytes(values['datanode.volumes']),
      })
      const datanode = await startDatanode(config, systemSeams(log), { reload })
      const { uuid, transferPort, httpPort, ipcPort } = datanode
      return {
        addresses: { uuid, transferPort, httpPort, ipcPort },
        readyText: `datanode ${uuid} ready: data ${config.bindHost}:${transferPort}, http://${config.bindHost}:${httpPort}/`,
        failed: datanode.failed,
        stopRequested: datanode.stopRequested,
        close: () => datanode.close(),
      }
    },
  })
}

/** Volumes that cannot be made or asked are left out: the datanode itself reports them as failed. */
function smallestDiskBytes(volumes: readonly string[]): number {
  const sizes = volumes.flatMap((volume) => {
    const path = volume.replace(/^\[[A-Z_]+\]/, '')
    try {
      mkdirSync(path, { recursive: true })
      const { blocks, bsize } = statfsSync(path)
      return [blocks * bsize]
    } catch (error) {
      process.emitWarning(`volume ${path} cannot be used: ${String(error)}`)
      return []
    }
  })
  return sizes.length === 0 ? 0 : Math.min(...sizes)
}
