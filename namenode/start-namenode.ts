/** Starts a namenode: the data folder first, then what serves it; closes in the reverse order. */
import type { SettingValues } from '../shared/config/settings.js'
import { DfsError } from '../shared/errors.js'
import type { Seams } from '../shared/seams.js'
import { ShutdownStack } from '../shared/shutdown-stack.js'
import type { NamenodeConfig } from './config.js'
import { refusalToBind } from './policy/bind-address.js'
import type { ServedNamenode } from './serve-namenode.js'
import { openNamespace } from './service/namespace/open-namespace.js'

export interface RunningNamenode {
  readonly rpcPort: number
  readonly httpPort: number
  /** Finishes the calls that run, makes everything durable and frees the data folder. Idempotent. */
  close(): Promise<void>
  /** For tests: drops every connection without a word, as a process does that dies, then frees the data folder. */
  kill(): Promise<void>
}

export interface NamenodeEvents {
  /** Nothing can be written any more; the process must end. By default the error is thrown into the event loop. */
  readonly onFatal?: (error: Error) => void
  /** Reads the settings again; without it they cannot change while the namenode runs. */
  readonly reload?: () => SettingValues
}

/**
 * Opens or creates the data folder and serves on the configured ports.
 * @throws DfsError CONFIGURATION, DATA_FOLDER_LOCKED, DATA_FOLDER_NEWER, DATABASE_CORRUPT, PORT_IN_USE
 */
export async function startNamenode(
  config: NamenodeConfig,
  seams: Seams,
  events: NamenodeEvents = {},
): Promise<RunningNamenode> {
  const refusal = refusalToBind(config.bindHost, config.allowUnauthenticatedBind)
  if (refusal !== undefined) throw new DfsError('CONFIGURATION', refusal)
  const closing = new ShutdownStack()
  try {
    const served = await start(config, seams, events, closing)
    return {
      rpcPort: served.rpcPort,
      httpPort: served.httpPort,
      close: () => closing.closeAll(),
      kill: async () => {
        await served.dropConnections()
        await closing.closeAll()
      },
    }
  } catch (error) {
    await closing.closeAll()
    throw error
  }
}

async function start(
  config: NamenodeConfig,
  seams: Seams,
  { onFatal, reload }: NamenodeEvents,
  closing: ShutdownStack,
): Promise<ServedNamenode> {
  const { writer } = config
  const opening = openNamespace({
    config,
    seams,
    writer,
    ...(onFatal === undefined ? {} : { onFatal }),
  }).then((it) => closing.use('namespace', it, () => it.close()))
  // The faces bring fastify and more: they load while the writer's thread starts on the other core.
  const [opened, faces] = await Promise.allSettled([opening, import('./serve-namenode.js')])
  if (opened.status === 'rejected') throw opened.reason
  if (faces.status === 'rejected') throw faces.reason
  return await faces.value.serveNamenode({
    config,
    seams,
    namespace: opened.value,
    closing,
    reload,
  })
}
