/** A namenode as a process of its own: settings in, exit code out. */
import { userInfo } from 'node:os'
import { systemClock } from '../shared/clock.js'
import { readOrCreateClusterToken } from '../shared/config/cluster-token.js'
import type { SettingValues } from '../shared/config/settings.js'
import { systemProcessHost } from '../shared/process-host.js'
import { runServerProcess } from '../shared/server-process.js'
import { createSystemLog } from '../shared/system-log.js'
import { systemSeams } from '../shared/system-seams.js'
import { namenodeConfig } from './config.js'
import { startNamenode } from './start-namenode.js'

export interface NamenodeProcess {
  readonly values: SettingValues
  /** Reads the settings again (`dfsadmin -reconfig`). */
  readonly reload: () => SettingValues
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/** Serves until asked to end. @returns the exit code */
export async function runNamenode({ values, reload, ...io }: NamenodeProcess): Promise<number> {
  const log = createSystemLog({
    name: 'namenode',
    level: values['log.level'],
    format: values['log.format'],
    stream: process.stderr,
  })
  return await runServerProcess({
    ...io,
    name: 'namenode',
    log,
    clock: systemClock,
    host: systemProcessHost,
    start: async () => {
      const seams = systemSeams(log)
      const token = readOrCreateClusterToken(values, seams.random)
      const config = namenodeConfig(values, token, userInfo().username)
      const namenode = await startNamenode(config, seams, { reload })
      const { rpcPort, httpPort } = namenode
      return {
        addresses: { rpcPort, httpPort },
        readyText: `namenode ready: hdfs://${config.bindHost}:${rpcPort}, http://${config.bindHost}:${httpPort}/`,
        close: () => namenode.close(),
      }
    },
  })
}
