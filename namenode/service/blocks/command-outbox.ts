/**
 * Commands on their way to datanodes. A command is handed out with heartbeats, again when no outcome came for a while,
 * and forgotten with its outcome or at its deadline; a node does a repeated one once (it carries an id and the epoch).
 * Bounded for each node: being full is an answer, and what was refused is found again by the loop that wanted it.
 */
import { assert } from '../../../shared/assert.js'
import type { Clock } from '../../../shared/clock.js'
import type { Command, CommandOutcome } from '../../../shared/control/messages.js'
import { crashPoint } from '../../../shared/crash-point.js'
import type { DatanodeUuid, Epoch } from '../../../shared/ids.js'
import type { Random } from '../../../shared/random.js'

type WithoutEnvelope<C> = C extends Command ? Omit<C, 'commandId' | 'epoch'> : never
/** What is to be done; id and epoch are added here. */
export type CommandBody = WithoutEnvelope<Command>

/** `expired`: no outcome in time; it may still happen. `dropped`: the process that had it is gone or never got it. */
export type CommandEnd = CommandOutcome | { readonly outcome: 'expired' | 'dropped' }

export interface CommandRequest {
  readonly body: CommandBody
  readonly timeoutMs: number
  readonly onEnd: (end: CommandEnd) => void
}

interface Waiting {
  readonly command: Command
  readonly deadlineMs: number
  readonly onEnd: (end: CommandEnd) => void
  handedOutMs: number | undefined
}

export interface CommandOutboxOptions {
  readonly clock: Clock
  readonly random: Random
  readonly epoch: Epoch
  readonly capacityPerNode: number
  readonly perHeartbeat: number
  /** After so long without an outcome a command is handed out again. */
  readonly repeatAfterMs: number
}

export class CommandOutbox {
  readonly #options: CommandOutboxOptions
  readonly #nodes = new Map<DatanodeUuid, Map<string, Waiting>>()

  constructor(options: CommandOutboxOptions) {
    assert(options.perHeartbeat > 0 && options.capacityPerNode > 0, 'an outbox holds something')
    this.#options = options
  }

  /** @returns the command's id, undefined when the node has too many already */
  offer(node: DatanodeUuid, request: CommandRequest): string | undefined {
    const waiting = this.#of(node)
    if (waiting.size >= this.#options.capacityPerNode) return undefined
    const commandId = this.#options.random.uuid()
    waiting.set(commandId, {
      command: { ...request.body, commandId, epoch: this.#options.epoch },
      deadlineMs: this.#options.clock.monotonicMs() + request.timeoutMs,
      onEnd: request.onEnd,
      handedOutMs: undefined,
    })
    return commandId
  }

  /** Room for further commands. */
  room(node: DatanodeUuid): number {
    return this.#options.capacityPerNode - (this.#nodes.get(node)?.size ?? 0)
  }

  /** What a heartbeat's answer carries: new commands and those whose outcome is overdue. */
  collect(node: DatanodeUuid): Command[] {
    const nowMs = this.#options.clock.monotonicMs()
    const commands: Command[] = []
    for (const waiting of this.#nodes.get(node)?.values() ?? []) {
      if (commands.length >= this.#options.perHeartbeat) break
      const { handedOutMs } = waiting
      if (handedOutMs !== undefined && nowMs - handedOutMs < this.#options.repeatAfterMs) continue
      waiting.handedOutMs = nowMs
      commands.push(waiting.command)
      crashPoint('command.handing-out', waiting.command.kind)
    }
    return commands
  }

  /** Outcomes of unknown commands (late, of an earlier run) are ignored. */
  settle(node: DatanodeUuid, outcome: CommandOutcome): void {
    const waiting = this.#nodes.get(node)?.get(outcome.commandId)
    if (waiting === undefined) return
    crashPoint('command.ended', waiting.command.kind)
    this.#nodes.get(node)?.delete(outcome.commandId)
    waiting.onEnd(outcome)
  }

  /** Takes back a command that was not handed out yet. false: too late, it may happen. */
  cancel(node: DatanodeUuid, commandId: string): boolean {
    const waiting = this.#nodes.get(node)?.get(commandId)
    if (waiting === undefined || waiting.handedOutMs !== undefined) return false
    this.#nodes.get(node)?.delete(commandId)
    return true
  }

  /** Ends what is past its deadline. */
  expire(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const commands of this.#nodes.values()) {
      for (const [id, waiting] of commands) {
        if (waiting.deadlineMs > nowMs) continue
        commands.delete(id)
        waiting.onEnd({ outcome: 'expired' })
      }
    }
  }

  /** The process that would have carried them out is gone. */
  drop(node: DatanodeUuid): void {
    const commands = this.#nodes.get(node)
    if (commands === undefined) return
    this.#nodes.delete(node)
    for (const waiting of commands.values()) waiting.onEnd({ outcome: 'dropped' })
  }

  #of(node: DatanodeUuid): Map<string, Waiting> {
    let waiting = this.#nodes.get(node)
    if (waiting === undefined) {
      waiting = new Map()
      this.#nodes.set(node, waiting)
    }
    return waiting
  }
}
