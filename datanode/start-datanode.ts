/** A whole datanode: opens its volumes, listens, registers with its namenode, and keeps its loops going. */

import type { DfsError } from '../shared/errors.js'
import type { Seams } from '../shared/seams.js'
import { ShutdownStack } from '../shared/shutdown-stack.js'
import type { DatanodeConfig } from './config.js'
import { DatanodeNode, type DatanodeSurroundings } from './datanode-node.js'
import type { DatanodeHealth } from './http/health.js'
import { serveDatanodeHttp } from './http/serve.js'

export type { DatanodeHealth } from './http/health.js'

export interface RunningDatanode {
  readonly uuid: string
  readonly transferPort: number
  readonly ipcPort: number
  readonly httpPort: number
  /** Resolves when the node cannot go on: its namenode is of another cluster, or too many volumes failed. */
  readonly failed: Promise<DfsError>
  /** Resolves with who wants the node to end, when an administrator told it so; it then closes by itself. */
  readonly stopRequested: Promise<string>
  /** Ends in order: what writers sent is synced, descriptors and locks are released. */
  close(): Promise<void>
  /** As `kill -9`: connections break, nothing is flushed or finished. */
  kill(): Promise<void>
  /** As SIGSTOP: no heartbeats, sockets are open and not read. */
  pause(): void
  resume(): void
  /** The files of each replica of a block on this node, also after its end. */
  replicaPaths(blockId: number): { readonly data: string; readonly meta: string }[]
  health(): DatanodeHealth
}

/**
 * Starts a datanode. It registers in the background, so that datanodes may start before their namenode.
 * @throws DfsError DATA_FOLDER_LOCKED, DATA_FOLDER_NEWER, CONFIGURATION, VOLUME_FAILED, PORT_IN_USE
 */
export async function startDatanode(
  config: DatanodeConfig,
  seams: Seams,
  surroundings: DatanodeSurroundings = {},
): Promise<RunningDatanode> {
  const closing = new ShutdownStack()
  let node: DatanodeNode | undefined
  try {
    const opened = await DatanodeNode.open(config, seams, surroundings)
    node = opened
    closing.use('node', opened, (it) => it.close())
    const ports = await opened.listen()
    const health = () => opened.health()
    const ticketTimeMs = () => opened.ticketTimeMs()
    const http = await serveDatanodeHttp({ config: opened.config, seams, health, ticketTimeMs })
    closing.use('http', http, (it) => it.close())
    const httpPort = http.port
    opened.begin({ ...ports, httpPort })
    void opened.stopRequested
      .then(() => closing.closeAll())
      .catch((error: unknown) => seams.log.warn({ err: error }, 'shutdown was not clean'))
    return {
      uuid: opened.uuid,
      ...ports,
      httpPort,
      failed: opened.failed,
      stopRequested: opened.stopRequested,
      close: () => closing.closeAll(),
      kill: async () => {
        await opened.kill()
        await closing.closeAll()
      },
      pause: () => opened.gate.pause(),
      resume: () => opened.gate.resume(),
      replicaPaths: (blockId) => opened.replicaPaths(blockId),
      health,
    }
  } catch (error) {
    await closing.closeAll()
    if (node !== undefined) await node.close()
    throw error
  }
}
