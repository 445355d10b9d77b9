/**
 * What `hdfs dfsadmin` asks of a namenode, for our own cluster and for Apache's. Connections of its own: most of it goes
 * over protocols beside ClientProtocol, and a program that administers is not the one that reads and writes.
 */
import { IpcClient } from '../hadoop/ipc-client.js'
import type { Decoded, Input } from '../hadoop/message.js'
import type { AnyMessage, RpcMethod } from '../hadoop/rpc-protocol.js'
import { CLIENT_PROTOCOL, CLIENT_PROTOCOL_NAME } from '../hadoop/schema/client-protocol.js'
import { OpenFilesType, SafeModeAction } from '../hadoop/schema/cluster.js'
import {
  GET_USER_MAPPINGS_PROTOCOL,
  GET_USER_MAPPINGS_PROTOCOL_NAME,
  REFRESH_USER_MAPPINGS_PROTOCOL,
  REFRESH_USER_MAPPINGS_PROTOCOL_NAME,
} from '../hadoop/schema/namenode-side-protocols.js'
import {
  RECONFIGURATION_PROTOCOL,
  RECONFIGURATION_PROTOCOL_NAME,
} from '../hadoop/schema/reconfiguration.js'
import type { HostPort } from '../network.js'
import type { Seams } from '../seams.js'
import { type ReconfigurationReport, reconfigurationReport } from './reconfiguration-report.js'

export interface AdministrationOptions {
  readonly address: HostPort
  readonly user: string
  readonly seams: Pick<Seams, 'clock' | 'network' | 'random'>
  readonly signal?: AbortSignal | undefined
}

export interface OpenFileEntry {
  readonly path: string
  readonly clientName: string
  readonly clientMachine: string
}

export type SafeModeChange = 'get' | 'enter' | 'leave' | 'force-exit'

const ACTIONS = {
  get: SafeModeAction.GET,
  enter: SafeModeAction.ENTER,
  leave: SafeModeAction.LEAVE,
  'force-exit': SafeModeAction.FORCE_EXIT,
} as const satisfies Record<SafeModeChange, number>

const CALL_TIMEOUT_MS = 60_000

/** Every method rejects with PERMISSION_DENIED for those who are no superusers. */
export class Administration {
  readonly #options: AdministrationOptions
  readonly #clients = new Map<string, IpcClient>()

  constructor(options: AdministrationOptions) {
    this.#options = options
  }

  /** @returns whether safe mode is on now */
  async safeMode(change: SafeModeChange): Promise<boolean> {
    const action = ACTIONS[change]
    return (await this.#call(CLIENT_PROTOCOL.setSafeMode, { action })).result
  }

  async saveNamespace(): Promise<void> {
    await this.#call(CLIENT_PROTOCOL.saveNamespace, {})
  }

  /** @returns the transaction with which a new segment of the log begins */
  async rollEdits(): Promise<number> {
    return (await this.#call(CLIENT_PROTOCOL.rollEdits, {})).newSegmentTxId
  }

  async refreshNodes(): Promise<void> {
    await this.#call(CLIENT_PROTOCOL.refreshNodes, {})
  }

  /** @param filename plain name of a file that the namenode writes beside its logs */
  async metaSave(filename: string): Promise<void> {
    await this.#call(CLIENT_PROTOCOL.metaSave, { filename })
  }

  /** Bytes a second for copies of each datanode until it restarts; 0 is its own setting. */
  async setCopyRate(bytesPerSecond: number): Promise<void> {
    await this.#call(CLIENT_PROTOCOL.setBalancerBandwidth, { bandwidth: bytesPerSecond })
  }

  /** Files that are being written below `path`, page by page. */
  async *openFiles(path: string, blockingDecommission: boolean): AsyncGenerator<OpenFileEntry> {
    const types = [blockingDecommission ? OpenFilesType.BLOCKING_DECOMMISSION : OpenFilesType.ALL]
    for (let id = 0; ; ) {
      const page = await this.#call(CLIENT_PROTOCOL.listOpenFiles, { id, types, path })
      yield* page.entries
      const last = page.entries.at(-1)
      if (!page.hasMore || last === undefined) return
      id = last.id
    }
  }

  async groups(user: string): Promise<readonly string[]> {
    const method = GET_USER_MAPPINGS_PROTOCOL.getGroupsForUser
    return (await this.#call(method, { user }, GET_USER_MAPPINGS_PROTOCOL_NAME)).groups
  }

  async refreshGroups(): Promise<void> {
    const method = REFRESH_USER_MAPPINGS_PROTOCOL.refreshUserToGroupsMappings
    await this.#call(method, {}, REFRESH_USER_MAPPINGS_PROTOCOL_NAME)
  }

  async refreshProxyUsers(): Promise<void> {
    const method = REFRESH_USER_MAPPINGS_PROTOCOL.refreshSuperUserGroupsConfiguration
    await this.#call(method, {}, REFRESH_USER_MAPPINGS_PROTOCOL_NAME)
  }

  async reconfigurableSettings(): Promise<readonly string[]> {
    const method = RECONFIGURATION_PROTOCOL.listReconfigurableProperties
    return (await this.#call(method, {}, RECONFIGURATION_PROTOCOL_NAME)).name
  }

  async reconfigure(): Promise<void> {
    const method = RECONFIGURATION_PROTOCOL.startReconfiguration
    await this.#call(method, {}, RECONFIGURATION_PROTOCOL_NAME)
  }

  async reconfigurationReport(): Promise<ReconfigurationReport> {
    const method = RECONFIGURATION_PROTOCOL.getReconfigurationStatus
    return reconfigurationReport(await this.#call(method, {}, RECONFIGURATION_PROTOCOL_NAME))
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }

  #call<Request extends AnyMessage, Response extends AnyMessage>(
    method: RpcMethod<Request, Response>,
    request: Input<Request>,
    protocolName = CLIENT_PROTOCOL_NAME,
  ): Promise<Decoded<Response>> {
    let client = this.#clients.get(protocolName)
    if (client === undefined) {
      client = new IpcClient({ ...this.#options, protocolName, timeoutMs: CALL_TIMEOUT_MS })
      this.#clients.set(protocolName, client)
    }
    return client.call(method, request, this.#options.signal)
  }
}
