/**
 * Machines on several networks, inside this one: network namespaces joined by bridges (Linux, root, iproute2). A machine
 * reaches exactly those it shares a network with. Everything goes when the test ends, also when it fails.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { programPath } from '../../cli/up/program-path.js'
import { type RunResult, run } from './foreign-clients.js'
import { waitUntil } from './wait-until.js'

/** Set to `none` on a machine that cannot have network namespaces: the tests then say so and prove nothing. */
export const SWITCH = 'DFS_TEST_NAMESPACES'

/** Networks are `/24`; the key is the name of the bridge. */
type Plan = Readonly<Record<string, Readonly<Record<string, string>>>>

/** @returns why there can be none here; undefined when they work */
export function obstacleToNamespaces(): string | undefined {
  const name = `dfs-${process.pid}-try`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return (
      'these tests need Linux, root and iproute2 (apt-get install iproute2) for network namespaces; ' +
      `${SWITCH}=none says that this machine cannot have them: ${why}`
    )
  }
}

export class NetworkLab {
  readonly #prefix = `dfs-${process.pid}`
  readonly #namespaces: string[] = []
  readonly #children: ChildProcess[] = []

  /** @param plan for each machine its networks with its address there: `{ nn: { inside: '10.91.1.10' } }` */
  constructor(plan: Plan) {
    try {
      this.#build(plan)
    } catch (error) {
      this.#removeNamespaces()
      throw error
    }
  }

  #build(plan: Plan): void {
    const hub = this.#add('hub')
    const networks = new Set(Object.values(plan).flatMap((it) => Object.keys(it)))
    for (const network of networks) {
      ip('-n', hub, 'link', 'add', network, 'type', 'bridge')
      ip('-n', hub, 'link', 'set', network, 'up')
    }
    for (const [machine, places] of Object.entries(plan)) {
      const namespace = this.#add(machine)
      for (const [network, address] of Object.entries(places)) {
        const far = `${machine}-${network}`.slice(0, 15)
        const pair = ['type', 'veth', 'peer', 'name', far, 'netns', hub]
        ip('link', 'add', network, 'netns', namespace, ...pair)
        ip('-n', hub, 'link', 'set', far, 'master', network, 'up')
        ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', network)
        ip('-n', namespace, 'link', 'set', network, 'up')
      }
    }
  }

  /** A bridge as Docker makes one: the same address on each machine, and nobody behind it. */
  addLocalBridge(machine: string, address: string): void {
    const namespace = this.#name(machine)
    ip('-n', namespace, 'link', 'add', 'docker0', 'type', 'bridge')
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'docker0')
    ip('-n', namespace, 'link', 'set', 'docker0', 'up')
  }

  /** Runs our program on a machine, to its end. */
  dfs(machine: string, ...words: string[]): Promise<RunResult> {
    return this.run(machine, programPath(), words)
  }

  run(machine: string, command: string, args: readonly string[]): Promise<RunResult> {
    const inside = ['netns', 'exec', this.#name(machine), command, ...args]
    return run('ip', inside, { environment: { USER: 'root', DFS_CONFIG: '/dev/null' } })
  }

  /** Starts a program on a machine; resolves when it has printed a line with `sign`. */
  async start(machine: string, sign: string, args: readonly string[]): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', this.#name(machine), process.execPath, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#children.push(child)
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
    await waitUntil(() => lines.some((line) => line.includes(sign)), {
      what: `"${sign}" on ${machine}`,
      timeoutMs: 60_000,
      explain: () => lines,
    })
  }

  async close(): Promise<void> {
    const running = this.#children.filter((it) => it.exitCode === null && it.signalCode === null)
    await Promise.all(
      running.map((child) => {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        return ended
      }),
    )
    this.#removeNamespaces()
  }

  #removeNamespaces(): void {
    for (const namespace of this.#namespaces.splice(0).reverse()) ip('netns', 'del', namespace)
  }

  #add(machine: string): string {
    const namespace = this.#name(machine)
    ip('netns', 'add', namespace)
    this.#namespaces.push(namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    return namespace
  }

  #name(machine: string): string {
    return `${this.#prefix}-${machine}`
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
}
