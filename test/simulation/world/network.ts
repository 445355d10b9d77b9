/** The simulated network: hosts with addresses, delays, cut ways, and listeners; nothing of it touches the system. */

import { DfsError } from '../../../shared/errors.js'
import type { HostPort, Listener, Network } from '../../../shared/network.js'
import type { Random } from '../../../shared/random.js'
import type { Life } from './life.js'
import { SimulatedSocket, type Wire } from './socket.js'

interface OpenPort {
  readonly life: Life
  readonly allowHalfOpen: boolean
  readonly onConnection: Parameters<Network['listen']>[1]
  readonly sockets: Set<SimulatedSocket>
}

const MIN_LATENCY_MS = 0.1
const FIRST_FREE_PORT = 40_000

export class SimulatedNetwork implements Wire {
  readonly retryMs = 200
  readonly giveUpMs = 60_000
  readonly #random: Random
  readonly #ports = new Map<string, OpenPort>()
  readonly #sockets = new Set<SimulatedSocket>()
  /** `from>to`, one way. */
  readonly #cut = new Set<string>()
  readonly #slow = new Map<string, number>()
  readonly #off = new Set<string>()
  /** By `from>to`: what is called when the next bytes get lost. */
  readonly #losing = new Map<string, () => void>()
  readonly #latencyMs: number
  #nextPort = FIRST_FREE_PORT

  constructor(options: { readonly random: Random; readonly latencyMs: number }) {
    this.#random = options.random
    this.#latencyMs = options.latencyMs
  }

  travelMs(from: string, to: string, bytes: number): number | undefined {
    if (from !== to && (this.#cut.has(`${from}>${to}`) || this.#off.has(from) || this.#off.has(to)))
      return undefined
    const slow = (this.#slow.get(from) ?? 1) * (this.#slow.get(to) ?? 1)
    // A rare straggler overtakes nothing in its own connection, but everything in others.
    const isLate = this.#random.next() < 0.01
    const latency = MIN_LATENCY_MS + this.#random.next() * this.#latencyMs * (isLate ? 20 : 1)
    return slow * (latency + bytes / 100_000)
  }

  /** Nothing goes from one host to another any more: one way. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`)
  }

  mend(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`)
  }

  /** The next bytes from one host to another break their connection instead of arriving. */
  loseNext(from: string, to: string, onLost: () => void): void {
    this.#losing.set(`${from}>${to}`, onLost)
  }

  loses(from: string, to: string): boolean {
    const onLost = this.#losing.get(`${from}>${to}`)
    this.#losing.delete(`${from}>${to}`)
    onLost?.()
    return onLost !== undefined
  }

  /** The host is without power: it answers nothing, not even with a refusal. */
  switchOff(host: string): void {
    this.#off.add(host)
  }

  switchOn(host: string): void {
    this.#off.delete(host)
  }

  slow(host: string, factor: number): void {
    this.#slow.set(host, factor)
  }

  /** Everything flows again. */
  mendAll(): void {
    this.#cut.clear()
    this.#slow.clear()
    this.#off.clear()
    this.#losing.clear()
  }

  /** Breaks one of the open connections. */
  breakConnection(): boolean {
    const open = [...this.#sockets].filter((it) => !it.destroyed && it.life.isAlive)
    if (open.length === 0) return false
    open[this.#random.below(open.length)]?.breakNow()
    return true
  }

  /** The network as the process of `life` on `host` sees it. */
  of(life: Life, host: string): Network {
    return {
      connect: (address, options) => this.#connect(life, host, address, options),
      listen: async (address, onConnection, options) => {
        const port = address.port === 0 ? this.#nextPort++ : address.port
        const key = `${address.host}:${port}`
        if (this.#ports.get(key)?.life.isAlive === true) {
          throw new DfsError('PORT_IN_USE', `port ${key} is already in use`)
        }
        const allowHalfOpen = options?.halfOpen ?? false
        const opened: OpenPort = { life, allowHalfOpen, onConnection, sockets: new Set() }
        this.#ports.set(key, opened)
        return this.#listener(key, port, opened)
      },
    }
  }

  #listener(key: string, port: number, opened: OpenPort): Listener {
    return {
      port,
      close: async () => {
        if (this.#ports.get(key) === opened) this.#ports.delete(key)
        for (const socket of opened.sockets) socket.destroy()
      },
    }
  }

  #connect(
    life: Life,
    host: string,
    address: HostPort,
    options: Parameters<Network['connect']>[1],
  ): ReturnType<Network['connect']> {
    const target = `${address.host}:${address.port}`
    return new Promise((resolve, reject) => {
      let isOver = false
      const fail = (error: DfsError) => {
        isOver = true
        cancel()
        signal?.removeEventListener('abort', onAbort)
        reject(error)
      }
      const { timeoutMs, signal } = options
      const cancel = life.later(timeoutMs, 'connect timeout', () =>
        fail(
          new DfsError(
            'TIMEOUT',
            `cannot connect to ${target}: no connection to ${target} within ${timeoutMs} ms`,
          ),
        ),
      )
      const onAbort = () =>
        fail(new DfsError('INTERRUPTED', `cannot connect to ${target}: interrupted`))
      if (signal?.aborted) {
        onAbort()
        return
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const knock = () => {
        if (isOver || !life.isAlive) return
        const there = this.travelMs(host, address.host, 0)
        const back = this.travelMs(address.host, host, 0)
        if (there === undefined || back === undefined) {
          life.later(this.retryMs, 'connect again', knock)
          return
        }
        life.later(there + back, `connect ${host} to ${target}`, () => {
          if (isOver) return
          const opened = this.#ports.get(target)
          if (opened === undefined || !opened.life.isAlive) {
            fail(
              new DfsError(
                'CONNECTION_REFUSED',
                `cannot connect to ${target}: connect ECONNREFUSED ${target}`,
              ),
            )
            return
          }
          isOver = true
          cancel()
          signal?.removeEventListener('abort', onAbort)
          resolve(this.#open(life, host, address, opened, signal))
        })
      }
      knock()
    })
  }

  #open(
    life: Life,
    host: string,
    remote: HostPort,
    opened: OpenPort,
    signal: AbortSignal | undefined,
  ) {
    const local = { host, port: this.#nextPort++ }
    const near = new SimulatedSocket({ life, wire: this, local, remote, allowHalfOpen: false })
    const far = new SimulatedSocket({
      life: opened.life,
      wire: this,
      local: remote,
      remote: local,
      allowHalfOpen: opened.allowHalfOpen,
    })
    SimulatedSocket.join(near, far)
    opened.sockets.add(far)
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        opened.sockets.delete(socket)
      })
    }
    if (signal !== undefined) {
      const onAbort = () =>
        near.destroy(new DfsError('INTERRUPTED', 'the connection was interrupted'))
      signal.addEventListener('abort', onAbort, { once: true })
      near.once('close', () => signal.removeEventListener('abort', onAbort))
    }
    opened.onConnection(far.asSocket())
    return near.asSocket()
  }
}
