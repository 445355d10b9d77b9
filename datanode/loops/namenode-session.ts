/**
 * What this node and its namenode agreed on: registration, session, epoch. Everything that is sent goes through here,
 * so that a lost session is noticed once and a lower epoch is refused once.
 */
import type { Static, TSchema } from '@sinclair/typebox'
import {
  CONTROL_PATHS,
  RegisterReply,
  type RegisterRequest,
} from '../../shared/control/messages.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { Log } from '../../shared/log.js'
import type { Volume } from '../blocks/volume.js'
import type { ControlClient } from './control-client.js'

const CALL_TIMEOUT_MS = 10_000

export interface NamenodeSessionOptions {
  readonly client: ControlClient
  readonly log: Log
  readonly volumes: readonly Volume[]
  readonly datanodeUuid: string
  readonly registration: () => RegisterRequest
  /** The namenode is of another cluster, or refuses this node for good. */
  readonly onRefused: (error: DfsError) => void
}

/** Kinds of messages; each counts for itself, since they may overtake each other. */
type MessageKind = 'heartbeat' | 'events' | 'report'

export class NamenodeSession {
  readonly #options: NamenodeSessionOptions
  readonly #sequences: Record<MessageKind, number> = { heartbeat: 0, events: 0, report: 0 }
  readonly #listeners: (() => void)[] = []
  #agreement: RegisterReply | undefined
  #registeredAddresses = ''
  #epoch: number
  #clusterId: string | undefined
  #blockPoolId: string | undefined

  constructor(options: NamenodeSessionOptions) {
    this.#options = options
    const versions = options.volumes.map(({ version }) => version)
    this.#epoch = Math.max(0, ...versions.map(({ epoch }) => epoch))
    this.#clusterId = versions.find(({ clusterId }) => clusterId !== undefined)?.clusterId
    this.#blockPoolId = versions.find(({ blockPoolId }) => blockPoolId !== undefined)?.blockPoolId
  }

  /** undefined while not registered. */
  get agreement(): RegisterReply | undefined {
    return this.#agreement
  }

  /** The machine has other addresses than when it registered: clients are told the old ones. */
  get hasMoved(): boolean {
    if (this.#agreement === undefined) return false
    return String(this.#options.registration().addresses) !== this.#registeredAddresses
  }

  get clusterId(): string | undefined {
    return this.#clusterId
  }

  get blockPoolId(): string | undefined {
    return this.#blockPoolId
  }

  /** The highest epoch seen, also in earlier lives of this node. */
  get epoch(): number {
    return this.#epoch
  }

  /** Called after each registration. */
  onRegistered(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Registers. The new identity is on stable storage when this returns.
   * @throws DfsError WRONG_CLUSTER, STALE_EPOCH, and what the call throws
   */
  async register(): Promise<void> {
    const { client, registration, log, onRefused } = this.#options
    this.#agreement = undefined
    try {
      const body = { ...registration(), ...(this.#clusterId && { clusterId: this.#clusterId }) }
      const reply = await client.call(CONTROL_PATHS.register, body, RegisterReply, CALL_TIMEOUT_MS)
      if (this.#clusterId !== undefined && reply.clusterId !== this.#clusterId) {
        throw new DfsError(
          'WRONG_CLUSTER',
          `this datanode belongs to cluster ${this.#clusterId}, the namenode to ${reply.clusterId}`,
        )
      }
      await this.#adopt(reply)
      this.#agreement = reply
      this.#registeredAddresses = String(body.addresses)
      log.info({ clusterId: reply.clusterId, epoch: reply.epoch }, 'registered')
    } catch (error) {
      const failure = toDfsError(error)
      if (failure.code === 'WRONG_CLUSTER') onRefused(failure)
      throw failure
    }
    for (const listener of this.#listeners) listener()
  }

  /** Epoch and identity in one write of each volume's version. */
  async #adopt({ clusterId, blockPoolId, epoch }: RegisterReply): Promise<void> {
    this.#refuseLower(epoch)
    await this.#updateVolumes({ clusterId, blockPoolId, epoch })
    this.#epoch = epoch
    this.#clusterId = clusterId
    this.#blockPoolId = blockPoolId
  }

  /**
   * Accepts the epoch of a message: a higher one is remembered on disk before anything is done for it.
   * @throws DfsError STALE_EPOCH for a lower one
   */
  async checkEpoch(epoch: number): Promise<void> {
    this.#refuseLower(epoch)
    if (epoch === this.#epoch) return
    await this.#updateVolumes({ epoch })
    this.#epoch = epoch
  }

  #refuseLower(epoch: number): void {
    if (epoch >= this.#epoch) return
    throw new DfsError(
      'STALE_EPOCH',
      `a namenode of epoch ${epoch} may not command: epoch ${this.#epoch} has been seen`,
    )
  }

  async #updateVolumes(change: {
    epoch?: number
    clusterId?: string
    blockPoolId?: string
  }): Promise<void> {
    for (const volume of this.#options.volumes) {
      if (volume.hasFailed) continue
      const isSame = Object.entries(change).every(([key, value]) =>
        Object.entries(volume.version).some(([own, held]) => own === key && held === value),
      )
      if (!isSame) await volume.updateVersion(change)
    }
  }

  /**
   * Asks within the current session, without a place in any sequence.
   * @throws DfsError UNREGISTERED_DATANODE when there is none; NOT_FOUND, and what the call throws
   */
  ask<Reply extends TSchema>(
    path: string,
    body: object,
    reply: Reply,
    timeoutMs: number,
  ): Promise<Static<Reply>> {
    return this.#inSession(path, body, reply, timeoutMs)
  }

  /**
   * Sends a message of the current session.
   * @throws DfsError UNREGISTERED_DATANODE when there is none, or when the namenode does not know it (any more)
   */
  async send<Reply extends TSchema>(
    kind: MessageKind,
    path: string,
    body: object,
    reply: Reply,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Static<Reply>> {
    this.#sequences[kind] += 1
    const sequence = this.#sequences[kind]
    return await this.#inSession(path, { sequence, ...body }, reply, timeoutMs)
  }

  async #inSession<Reply extends TSchema>(
    path: string,
    body: object,
    reply: Reply,
    timeoutMs: number,
  ): Promise<Static<Reply>> {
    const agreement = this.#agreement
    if (agreement === undefined) {
      throw new DfsError('UNREGISTERED_DATANODE', 'this datanode has not registered yet')
    }
    const { datanodeUuid } = this.#options
    const session = { datanodeUuid, sessionId: agreement.sessionId }
    try {
      return await this.#options.client.call(path, { ...session, ...body }, reply, timeoutMs)
    } catch (error) {
      const failure = toDfsError(error)
      const isCurrent = this.#agreement === agreement
      if (failure.code === 'UNREGISTERED_DATANODE' && isCurrent) this.#agreement = undefined
      throw failure
    }
  }
}
