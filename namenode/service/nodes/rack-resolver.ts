/**
 * Says on which rack a datanode is: the table of the settings first, then Hadoop's topology script, then what the node
 * says of itself. Answers of the script are kept for the life of the process, as in HDFS; asking is gathered into one
 * run for all nodes that wait, so that a whole cluster that registers at once costs one process, not a hundred. A script
 * that fails or dawdles holds up no registration: the node's own word counts, and the next registration asks again.
 */
import { toDfsError } from '../../../shared/errors.js'
import type { Log } from '../../../shared/log.js'

export interface Topology {
  /** `host=/rack` or `address=/rack`. */
  readonly table: readonly string[]
  /** `net.topology.script.file.name`: prints one rack for each argument. */
  readonly script: string | undefined
  /** Arguments of one run. */
  readonly argumentsAtOnce: number
  readonly timeoutMs: number
}

export interface RackResolverOptions {
  readonly topology: Topology
  readonly log: Log
  readonly run: (program: string, args: readonly string[], timeoutMs: number) => Promise<string>
}

export interface LocatedNode {
  readonly hostname: string
  readonly addresses: readonly string[]
  /** Its own word. */
  readonly rack: string
}

const RACK = /^(\/[^/\s]+)+$/
const MAX_REMEMBERED = 20_000

export class RackResolver {
  readonly #options: RackResolverOptions
  readonly #table: ReadonlyMap<string, string>
  readonly #answers = new Map<string, string>()
  #gathering: Set<string> | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(options: RackResolverOptions) {
    this.#options = options
    this.#table = new Map(
      options.topology.table.map((it) => {
        const at = it.lastIndexOf('=')
        return [it.slice(0, at).toLowerCase(), it.slice(at + 1)]
      }),
    )
  }

  /** Never fails. */
  async rackOf(node: LocatedNode): Promise<string> {
    const names = [node.hostname.toLowerCase(), ...node.addresses]
    const listed = names.map((it) => this.#table.get(it)).find((it) => it !== undefined)
    if (listed !== undefined) return listed
    // As HDFS does, by address; a node without one is asked for by its name.
    const name = node.addresses[0] ?? node.hostname
    if (this.#options.topology.script === undefined) return node.rack
    if (!this.#answers.has(name)) await this.#ask(name)
    return this.#answers.get(name) ?? node.rack
  }

  /** Joins the run that is about to start, after the one that is under way. */
  #ask(name: string): Promise<void> {
    if (this.#gathering === undefined) {
      const gathering = new Set<string>()
      this.#gathering = gathering
      this.#running = this.#running.then(async () => {
        this.#gathering = undefined
        await this.#askAll([...gathering])
      })
    }
    this.#gathering.add(name)
    return this.#running
  }

  async #askAll(names: readonly string[]): Promise<void> {
    const { argumentsAtOnce } = this.#options.topology
    for (let start = 0; start < names.length; start += argumentsAtOnce) {
      await this.#runScript(names.slice(start, start + argumentsAtOnce))
    }
  }

  async #runScript(names: readonly string[]): Promise<void> {
    const { topology, log, run } = this.#options
    try {
      const output = await run(topology.script ?? '', names, topology.timeoutMs)
      const racks = output.split(/\s+/).filter((it) => it !== '')
      if (racks.length !== names.length || !racks.every((it) => RACK.test(it))) {
        log.warn({ names: names.length, racks: racks.length }, 'the topology script made no sense')
        return
      }
      if (this.#answers.size > MAX_REMEMBERED) this.#answers.clear()
      for (const [index, name] of names.entries()) this.#answers.set(name, racks[index] ?? '')
    } catch (error) {
      log.warn({ error: toDfsError(error).message }, 'the topology script failed')
    }
  }
}
