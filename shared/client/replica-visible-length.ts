/** How long a replica that is still being written is for readers: asked of its datanode's IPC port (reference 2.9). */
import { IpcClient } from '../hadoop/ipc-client.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../hadoop/schema/client-datanode-protocol.js'
import type { Seams } from '../seams.js'
import type { DatanodeInfo, ExtendedBlock } from '../transfer/pipeline-node.js'

export interface VisibleLengthOptions {
  readonly seams: Pick<Seams, 'clock' | 'network' | 'random'>
  readonly user: string
  readonly timeoutMs: number
  /** Connect to datanodes by name instead of by address. */
  readonly byHostname?: boolean
}

/**
 * A function that tells how many bytes of a replica it and everything behind it in its pipeline have acknowledged. It
 * throws DfsError REPLICA_NOT_FOUND, CONNECTION_REFUSED, TIMEOUT, …
 */
export function replicaVisibleLength(
  options: VisibleLengthOptions,
): (info: DatanodeInfo, block: ExtendedBlock) => Promise<number> {
  const { seams, user, timeoutMs, byHostname = false } = options
  return async ({ id }, block) => {
    const client = new IpcClient({
      seams,
      address: { host: byHostname ? id.hostName : id.ipAddr, port: id.ipcPort },
      user,
      // Java opens these connections with the SASL preamble too.
      useSasl: true,
      protocolName: CLIENT_DATANODE_PROTOCOL_NAME,
      timeoutMs,
    })
    try {
      const method = CLIENT_DATANODE_PROTOCOL.getReplicaVisibleLength
      return (await client.call(method, { block })).length
    } finally {
      client.close()
    }
  }
}
