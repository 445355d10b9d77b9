/** Programs that use Hadoop's FileSystem classes: what they do beyond the shell, each scenario in ApiScenarios.java or WriteScenarios.java. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HADOOP_VERSIONS } from '../support/java-clients.js'
import { JavaCommands } from '../support/java-commands.js'
import { ProcessCluster } from '../support/process-cluster.js'

type Scenario = [scenario: string, what: string, options?: Record<string, string>]

const SCENARIOS: readonly Scenario[] = [
  ['positioned-reads', 'reads at positions and seeks'],
  ['hedged-reads', 'asks a second datanode', { 'dfs.client.hedged.read.threadpool.size': '4' }],
  [
    'short-circuit',
    'goes over the network where short-circuit reads are wanted',
    {
      'dfs.client.read.shortcircuit': 'true',
      'dfs.domain.socket.path': '/var/run/hdfs/no-such-socket',
    },
  ],
  ['vectored-reads', 'reads many ranges at once'],
  ['zero-copy', 'falls back from zero-copy reads'],
  ['cache-hints', 'says what the page cache is to keep and to fetch'],
  ['flushed-is-readable', 'shows readers what was flushed, and closes at once'],
  ['lease-recovery', 'closes the file of a writer that stopped'],
  ['append', 'appends, also in a block of its own'],
  ['listings', 'lists with locations, in batches, by patterns'],
  ['path-handles', 'follows a file by its handle'],
  ['rename-options', 'renames with options'],
  ['inotify', 'follows the events of the namespace, and goes on where it stopped'],
  ['refusals', 'is refused politely what the cluster does not have'],
]

const WRITE_SCENARIOS: readonly Scenario[] = [
  ['create-flags', 'creates with every flag'],
  ['favoured-nodes', 'has its files where it wants them'],
  ['checksum-types', 'chooses its checksums'],
  [
    'tiny-packets',
    'sends packets of a few hundred bytes',
    { 'dfs.client-write-packet-size': '600' },
  ],
]

describe.each(HADOOP_VERSIONS)('the Java client of Hadoop %s', (version) => {
  let cluster: ProcessCluster
  let java: JavaCommands

  beforeAll(async () => {
    cluster = await ProcessCluster.start({
      datanodes: 4,
      settings: { 'datanode.hostname': 'localhost' },
    })
    java = await JavaCommands.start(version, {
      'fs.defaultFS': cluster.fs,
      'dfs.blocksize': String(1024 * 1024),
    })
  })

  afterAll(async () => {
    await java?.stop()
    await cluster?.stop()
  })

  it.each(SCENARIOS)('%s: %s', async (scenario, _what, options = {}) => {
    await play('api', scenario, options)
  })

  it.each(WRITE_SCENARIOS)('%s: %s', async (scenario, _what, options = {}) => {
    await play('write', scenario, options)
  })

  it('goes to datanodes by their names, where their addresses lead nowhere', async () => {
    const named = await ProcessCluster.start({
      datanodes: 1,
      settings: { 'datanode.hostname': 'localhost', 'datanode.addresses': '127.0.0.9' },
    })
    try {
      const options = { 'fs.defaultFS': named.fs, 'dfs.client.use.datanode.hostname': 'true' }
      await play('write', 'hostnames', options)
      const byAddress = { ...options, 'dfs.client.use.datanode.hostname': 'false' }
      expect(await run('write', 'hostnames', byAddress)).toContain('could only be written to')
    } finally {
      await named.stop()
    }
  })

  async function play(...scenario: Parameters<typeof run>): Promise<void> {
    expect(await run(...scenario)).toBe('0 ')
  }

  /** @returns exit code and complaints */
  async function run(
    tool: 'api' | 'write',
    scenario: string,
    options: Readonly<Record<string, string>>,
  ): Promise<string> {
    const settings = Object.entries(options).flatMap(([key, value]) => ['-D', `${key}=${value}`])
    const { exitCode, stderr } = await java.run([tool, ...settings, scenario])
    return `${exitCode} ${stderr}`
  }
})
