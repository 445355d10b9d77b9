/** What `hdfs dfsadmin` asks of one datanode, on its IPC port (9867). */
import { IpcClient } from '../hadoop/ipc-client.js'
import {
  CLIENT_DATANODE_PROTOCOL,
  CLIENT_DATANODE_PROTOCOL_NAME,
} from '../hadoop/schema/client-datanode-protocol.js'
import type { AdministrationOptions } from './administration.js'
import { type ReconfigurationReport, reconfigurationReport } from './reconfiguration-report.js'

const CALL_TIMEOUT_MS = 60_000

export interface VolumeDescription {
  readonly folder: string
  readonly usedBytes: number
  readonly freeBytes: number
  readonly reservedBytes: number
  readonly blockCount: number
}

/** Every method rejects with PERMISSION_DENIED for those who are no superusers, but `info` and `copyRate`. */
export class DatanodeAdministration {
  readonly #ipc: IpcClient
  readonly #signal: AbortSignal | undefined

  constructor(options: AdministrationOptions) {
    this.#signal = options.signal
    const protocolName = CLIENT_DATANODE_PROTOCOL_NAME
    this.#ipc = new IpcClient({
      ...options,
      protocolName,
      timeoutMs: CALL_TIMEOUT_MS,
      useSasl: true,
    })
  }

  async info(): Promise<{ readonly softwareVersion: string; readonly uptimeSeconds: number }> {
    const method = CLIENT_DATANODE_PROTOCOL.getDatanodeInfo
    const { localInfo } = await this.#ipc.call(method, {}, this.#signal)
    return { softwareVersion: localInfo.softwareVersion, uptimeSeconds: localInfo.uptime }
  }

  async volumes(): Promise<readonly VolumeDescription[]> {
    const method = CLIENT_DATANODE_PROTOCOL.getVolumeReport
    const { volumeInfo } = await this.#ipc.call(method, {}, this.#signal)
    return volumeInfo.map((it) => ({
      folder: it.path,
      usedBytes: it.usedSpace,
      freeBytes: it.freeSpace,
      reservedBytes: it.reservedSpace,
      blockCount: it.numBlocks,
    }))
  }

  /** Asks it to report its blocks to the namenode: all of them, or what has changed. */
  async reportBlocks(incremental: boolean): Promise<void> {
    await this.#ipc.call(CLIENT_DATANODE_PROTOCOL.triggerBlockReport, { incremental }, this.#signal)
  }

  /** Bytes a second for its copies. */
  async copyRate(): Promise<number> {
    const method = CLIENT_DATANODE_PROTOCOL.getBalancerBandwidth
    return (await this.#ipc.call(method, {}, this.#signal)).bandwidth
  }

  async evictWriters(): Promise<void> {
    await this.#ipc.call(CLIENT_DATANODE_PROTOCOL.evictWriters, {}, this.#signal)
  }

  /** Ends the datanode's process, in order. */
  async shutDown(): Promise<void> {
    const method = CLIENT_DATANODE_PROTOCOL.shutdownDatanode
    await this.#ipc.call(method, { forUpgrade: false }, this.#signal)
  }

  async reconfigurableSettings(): Promise<readonly string[]> {
    const method = CLIENT_DATANODE_PROTOCOL.listReconfigurableProperties
    return (await this.#ipc.call(method, {}, this.#signal)).name
  }

  async reconfigure(): Promise<void> {
    await this.#ipc.call(CLIENT_DATANODE_PROTOCOL.startReconfiguration, {}, this.#signal)
  }

  async reconfigurationReport(): Promise<ReconfigurationReport> {
    const method = CLIENT_DATANODE_PROTOCOL.getReconfigurationStatus
    return reconfigurationReport(await this.#ipc.call(method, {}, this.#signal))
  }

  close(): void {
    this.#ipc.close()
  }
}
