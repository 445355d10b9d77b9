/** A cluster on two networks, and clients that reach only one of them, or only a gateway that maps ports. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programPath } from '../../cli/up/program-path.js'
import { content } from '../support/content.js'
import type { RunResult } from '../support/foreign-clients.js'
import { NetworkLab, obstacleToNamespaces, SWITCH } from '../support/network-lab.js'
import { sayNotTested } from '../support/not-tested.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { waitUntil } from '../support/wait-until.js'

/** Last parts of addresses: the namenode 10, datanodes 11 and 12, the gateway 254. */
const INSIDE = '10.91.1'
const OFFICE = '10.91.2'
const BEYOND = '10.91.3'
const TOKEN = 'token-of-the-two-networks'
const FORWARDER = join(import.meta.dirname, '..', 'support', 'forward-ports.mjs')

/** What each datanode says of the gateway: one by the port that is dialled, one by where the call comes from. */
const MAPPINGS = {
  dn1: `${BEYOND}.254:11866 http:11864 ipc:11867 via:18020 via:19870`,
  dn2: `${BEYOND}.254:12866 http:12864 ipc:12867 from:${INSIDE}.254`,
}

const isImpossible = process.env[SWITCH] === 'none'
let lab: NetworkLab
let data: string

beforeAll(async () => {
  if (isImpossible) return
  const obstacle = obstacleToNamespaces()
  if (obstacle !== undefined) throw new Error(obstacle)
  lab = new NetworkLab({
    nn: { inside: `${INSIDE}.10`, office: `${OFFICE}.10` },
    dn1: { inside: `${INSIDE}.11`, office: `${OFFICE}.11` },
    dn2: { inside: `${INSIDE}.12`, office: `${OFFICE}.12` },
    server: { inside: `${INSIDE}.50` },
    desk: { office: `${OFFICE}.50` },
    gate: { inside: `${INSIDE}.254`, beyond: `${BEYOND}.254` },
    far: { beyond: `${BEYOND}.50` },
  })
  for (const machine of ['nn', 'dn1', 'dn2', 'server']) lab.addLocalBridge(machine, '172.17.0.1')
  data = mkdtempSync(join(tmpdir(), 'dfs-networks-'))
  await startServers()
}, 120_000)

afterAll(async () => {
  await lab?.close()
  if (data !== undefined) rmSync(data, { recursive: true, force: true })
})

async function startServers(): Promise<void> {
  const common = {
    'cluster.token': TOKEN,
    'network.bind-host': '0.0.0.0',
    'network.allow-unauthenticated': true,
    'namenode.host': `${INSIDE}.10`,
    'block.size': '1MiB',
    'replication.target': 2,
    'log.format': 'text',
  }
  const server = (process: string, settings: object) => [
    programPath(),
    process,
    ...Object.entries({ ...common, ...settings }).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ]),
  ]
  await lab.start(
    'nn',
    'namenode ready',
    server('namenode', {
      'namenode.data-folder': join(data, 'nn'),
      'namenode.extra-rpc-ports': 18020,
      'namenode.extra-http-ports': 19870,
    }),
  )
  await Promise.all([
    ...(['dn1', 'dn2'] as const).map((name) =>
      lab.start(
        name,
        'registered',
        server('datanode', {
          'datanode.volumes': join(data, name),
          // Repair takes minutes: what has two replicas sooner went through a whole pipeline.
          'datanode.copy-rate': '4KiB',
          'datanode.advertised-addresses': MAPPINGS[name],
        }),
      ),
    ),
    lab.start('gate', 'forwarding', [
      FORWARDER,
      `${BEYOND}.254:8020=${INSIDE}.10:18020`,
      `${BEYOND}.254:9870=${INSIDE}.10:19870`,
      ...['11', '12'].flatMap((it) =>
        ['866', '864', '867'].map((port) => `${BEYOND}.254:${it}${port}=${INSIDE}.${it}:9${port}`),
      ),
    ]),
  ])
}

async function dfs(machine: string, namenode: string, ...words: string[]): Promise<string> {
  return successful(await lab.dfs(machine, '--fs', `hdfs://${namenode}:8020`, ...words))
}

function successful({ exitCode, stdout, stderr }: RunResult): string {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}\n${stdout}\n${stderr}`)
  return stdout
}

/** Where `machine` is told that the datanodes are. */
async function told(machine: string, namenode: string): Promise<string[]> {
  const report = JSON.parse(await dfs(machine, namenode, 'report', '--json')) as {
    datanodes: { address: string }[]
  }
  return report.datanodes.map(({ address }) => address).sort()
}

const PLACES = [
  {
    name: 'on the inner network',
    machine: 'server',
    namenode: `${INSIDE}.10`,
    addresses: [`${INSIDE}.11:9866`, `${INSIDE}.12:9866`],
  },
  {
    name: 'on the office network',
    machine: 'desk',
    namenode: `${OFFICE}.10`,
    addresses: [`${OFFICE}.11:9866`, `${OFFICE}.12:9866`],
  },
  {
    name: 'behind a gateway that maps ports',
    machine: 'far',
    namenode: `${BEYOND}.254`,
    addresses: [`${BEYOND}.254:11866`, `${BEYOND}.254:12866`],
  },
  {
    name: "on the namenode's machine, through 127.0.0.1",
    machine: 'nn',
    namenode: '127.0.0.1',
    addresses: [`${INSIDE}.11:9866`, `${INSIDE}.12:9866`],
  },
]

if (isImpossible) {
  sayNotTested('addresses on several networks', `${SWITCH}=none`)
} else {
  describe.each(PLACES)('a client $name', ({ machine, namenode, addresses }) => {
    it('is told only addresses that it can reach', async () => {
      expect(await told(machine, namenode)).toEqual(addresses)
    })

    it('writes through all of a pipeline and reads back', async () => {
      const folder = temporaryFolder()
      const [local, back, remote] = [join(folder, 'a'), join(folder, 'b'), `/from-${machine}`]
      const bytes = content(7, 2_500_000)
      writeFileSync(local, bytes)
      await dfs(machine, namenode, 'put', local, remote)
      await dfs(machine, namenode, 'get', remote, back)
      expect(readFileSync(back).equals(bytes)).toBe(true)
      await waitUntil(() => hasWholeReplicas(remote), { what: `two replicas of ${remote}` })
    })

    it('uploads and downloads by HTTP', async () => {
      const folder = temporaryFolder()
      const local = join(folder, 'a')
      writeFileSync(local, content(9, 300_000))
      const url = `http://${namenode}:9870/api/v1/files/http-${machine}?user.name=root`
      const script =
        'const { readFileSync } = require("fs");' +
        'const [path, url] = process.argv.slice(1);' +
        'const bytes = readFileSync(path);' +
        'const send = (url) => fetch(url, { method: "PUT", redirect: "manual", body: bytes });' +
        '(async () => {' +
        '  const first = await send(url);' +
        '  const second = await send(first.headers.get("location"));' +
        '  const back = Buffer.from(await (await fetch(url)).arrayBuffer());' +
        '  console.log(first.status, second.ok, back.equals(bytes));' +
        '})()'
      const printed = await lab.run(machine, process.execPath, ['-e', script, local, url])
      expect(successful(printed).trim()).toBe('307 true true')
    })
  })
}

/** Asked on the inner network, whoever wrote. */
async function hasWholeReplicas(path: string): Promise<boolean> {
  const text = await dfs('server', `${INSIDE}.10`, 'fsck', path, '--files', '--blocks')
  return (text.match(/Live_repl=2/g) ?? []).length === 3
}
