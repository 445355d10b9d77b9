/** What an operator is told when a node is lost, through the commands, in a whole cluster. */
import { expect, it } from 'vitest'
import type { ExplainDocument } from '../../cli/commands/explain.js'
import type { StatusDocument } from '../../cli/commands/status.js'
import { content } from '../support/content.js'
import { type CliOutcome, runCli } from '../support/run-cli.js'
import {
  holdersOf,
  startTestCluster,
  type TestCluster,
  waitForReplicas,
} from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const FILE = '/data/file.bin'
const BYTES = content(1, 2 ** 20)

const dfs = (cluster: TestCluster, ...words: string[]): Promise<CliOutcome> =>
  runCli(words, { DFS_FS: cluster.fs, DFS_HTTP: cluster.httpUrl })

async function status(cluster: TestCluster): Promise<StatusDocument & { exitCode: number }> {
  const { stdout, exitCode, stderr } = await dfs(cluster, 'status', '--json')
  if (stdout === '') throw new Error(stderr)
  return { ...JSON.parse(stdout), exitCode }
}

it('a lost node, its only block copies and their repair are told with cause and history', async () => {
  const cluster = await startTestCluster('in-process', { datanodes: 2 })
  await cluster.client().writeFile(FILE, BYTES, { replication: 2 })
  await waitForReplicas(cluster, FILE, 2)
  expect(await status(cluster)).toMatchObject({ health: 'ok', exitCode: 0, examples: [] })

  const [victim] = await holdersOf(cluster, FILE)
  await victim?.kill()
  const risky = await waitUntil(
    async () => {
      const now = await status(cluster)
      const isDead = now.nodes.some((node) => node.liveness === 'dead')
      return isDead && now.health === 'at-risk' && now
    },
    { what: 'one copy left', explain: () => status(cluster) },
  )
  expect(risky).toMatchObject({
    exitCode: 2,
    blocks: { 'single-copy': 1 },
    examples: [
      {
        path: FILE,
        risk: 'single-copy',
        goodCopies: 1,
        target: 2,
        why: 'no other node can take a copy',
      },
    ],
  })
  expect((await dfs(cluster, 'status')).stdout).toContain('Blocks with one good copy left: 1')

  await victim?.start()
  await waitUntil(async () => (await status(cluster)).health === 'ok', { what: 'health' })
  const told = await dfs(cluster, 'explain', FILE, '--json')
  const { blocks }: ExplainDocument = JSON.parse(told.stdout)
  expect(blocks).toHaveLength(1)
  expect(blocks[0]?.now).toMatchObject({ risk: 'none', liveReplicas: 2 })
  const kinds = blocks[0]?.events.map((event) => event.kind) ?? []
  expect(kinds.slice(0, 1)).toEqual(['pipeline'])
  expect(kinds).toEqual(expect.arrayContaining(['pipeline', 'received', 'committed']))
  const byBlock = await dfs(cluster, 'explain', `blk_${blocks[0]?.block}`)
  expect(byBlock.stdout).toContain(`of ${FILE}: 2 of 2 copies, as it should be`)

  const strict = await dfs(cluster, 'fsck', '/', '--strict', '--http', cluster.httpUrl)
  expect(strict.stdout).toContain('HEALTHY')
  expect(strict.exitCode).toBe(0)
})
