/** Clients in Python: installed with pip, and led through the checks of a script in test/interop/python. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeAll, expect, it } from 'vitest'
import { installedClient, runSuccessfully } from './foreign-clients.js'
import type { InteropCluster } from './interop-cluster.js'
import { LARGE_FILE_BYTES, MANY_ENTRIES, ODD_NAMES, SIZES } from './ordinary-life.js'
import type { ProcessCluster } from './process-cluster.js'
import { lastBlockHolders } from './read-blocks.js'

const SCRIPTS = join(dirname(import.meta.dirname), 'interop', 'python')
const INSTALL_TIMEOUT_MS = 10 * 60_000
const LIFE_TIMEOUT_MS = 10 * 60_000

/** The checks of ordinary_life.py. */
export const ORDINARY_CHECKS = [
  'sizes_come_back',
  'ranges_come_back',
  'odd_names_survive',
  'thousands_of_entries_are_listed',
  'appends_at_every_boundary',
  'moves_and_removals',
  'writers_work_side_by_side',
  'a_datanode_is_killed_in_the_middle_of_a_write',
  'a_datanode_is_killed_in_the_middle_of_a_read',
] as const

/** Installs packages (`name==version`) into a folder of their own. @returns PYTHONPATH */
export function pythonPackages(name: string, packages: readonly string[]): Promise<string> {
  return installedClient(name, async (folder) => {
    await runSuccessfully(
      'python3',
      ['-m', 'pip', 'install', '--quiet', '--target', folder, ...packages],
      { timeoutMs: INSTALL_TIMEOUT_MS },
    )
  })
}

interface LifeOptions {
  /** In test/interop/python. */
  readonly script: string
  readonly checks: readonly string[]
  /** Directory of the cluster in which it happens. */
  readonly root: string
  readonly packages: () => Promise<string>
}

interface Report {
  readonly begun?: string
  readonly check?: string
  readonly failure?: string
  readonly kill?: string
  /** With `kill`: HTTP port of a datanode that must live. */
  readonly spare?: number
  readonly left?: Readonly<Record<string, string>>
}

/** Runs the script once, and makes a test of each of its checks; one more reads what it wrote with our own client. */
export function tellPythonLife(interop: () => InteropCluster, options: LifeOptions): void {
  let reports: readonly Report[] = []
  let errors = ''

  beforeAll(async () => {
    const { cluster } = interop()
    const settings = {
      fs: cluster.fs,
      http: cluster.httpUrl,
      user: userInfo().username,
      root: options.root,
      sizes: SIZES,
      names: ODD_NAMES,
      manyEntries: MANY_ENTRIES,
      largeBytes: LARGE_FILE_BYTES,
    }
    const child = spawn(
      'python3',
      ['-B', join(SCRIPTS, options.script), JSON.stringify(settings)],
      {
        env: { ...process.env, PYTHONPATH: await options.packages() },
        timeout: LIFE_TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
    )
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    const ended = once(child, 'close')
    const seen: Report[] = []
    reports = seen
    for await (const line of createInterface({ input: child.stdout })) {
      const report: Report = JSON.parse(line)
      seen.push(report)
      if (report.kill === undefined) continue
      await killLastHolder(cluster, report.kill, report.spare ?? 0)
      child.stdin.write('done\n')
    }
    await ended
    await reviveDatanodes(cluster)
  })

  it.each(options.checks)('%s', (name) => {
    const report = reports.find(({ check }) => check === name)
    if (report === undefined) {
      const isBegun = reports.some(({ begun }) => begun === name)
      const how = isBegun ? 'the client hung in it, or ended' : 'the check was not run'
      throw new Error(`${how}: ${errors.slice(-5000)}`)
    }
    expect(report.failure).toBeUndefined()
  })

  it('has no check that is not listed here', () => {
    const run = reports.flatMap(({ check }) => check ?? [])
    expect(run.filter((name) => !options.checks.includes(name))).toEqual([])
  })

  it('leaves files that our client reads with the same content', async () => {
    const left = reports.find((report) => report.left !== undefined)?.left ?? {}
    const files = interop().cluster.client()
    const read: Record<string, string> = {}
    for (const path of Object.keys(left)) {
      read[path] = createHash('md5')
        .update(await files.readFile(path))
        .digest('hex')
    }
    expect(read).toEqual(left)
    expect(Object.keys(left).length).toBeGreaterThan(SIZES.length)
  })
}

/** Kills a datanode with the last block of a file; those killed earlier come back first, so that one at a time is away. */
async function killLastHolder(
  cluster: ProcessCluster,
  path: string,
  spareHttpPort: number,
): Promise<void> {
  await reviveDatanodes(cluster)
  const holders = await lastBlockHolders(cluster.fs, path)
  const victim = cluster.datanodes.find(
    ({ uuid, addresses }) => holders.includes(uuid) && addresses['httpPort'] !== spareHttpPort,
  )
  if (victim === undefined) throw new Error(`no datanode has the last block of ${path}`)
  await victim.kill()
}

async function reviveDatanodes(cluster: ProcessCluster): Promise<void> {
  await Promise.all(cluster.datanodes.map((datanode) => datanode.start()))
  await cluster.ready()
}
