import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { DrillReport } from '../../cli/commands/drill.js'
import { content } from '../support/content.js'
import { ProcessCluster } from '../support/process-cluster.js'
import { runCli } from '../support/run-cli.js'
import { BRISK, holdersOf, waitForReplicas } from '../support/test-cluster.js'
import { waitUntil } from '../support/wait-until.js'

const FILE = '/data/file.bin'

it('a drill freezes a datanode, measures silence, death and repair, and brings it back', async () => {
  const cluster = await ProcessCluster.start({ datanodes: 3, settings: BRISK })
  onTestFinished(() => cluster.stop())
  await cluster.client().writeFile(FILE, content(1, 2 ** 20), { replication: 2 })
  await waitForReplicas(cluster, FILE, 2)
  const environment = { DFS_FS: cluster.fs, DFS_HTTP: cluster.httpUrl }
  const [victim] = await holdersOf(cluster, FILE)
  const node = cluster.datanodes.find((it) => it.uuid === victim?.uuid)
  if (node === undefined) throw new Error('the file has holders')
  const words = ['drill', 'kill-datanode', node.uuid, '--pid', `${node.pid}`, '--timeout', '60']
  const { stdout, stderr, exitCode } = await runCli([...words, '--json'], environment)
  if (stdout === '') throw new Error(stderr)
  const report: DrillReport = JSON.parse(stdout)
  expect(report.isPassed, stdout).toBe(true)
  expect(exitCode).toBe(0)
  // Named for its meaning: stale after 0.8 s, dead after 2 s, whole again only then.
  expect(report.deadAfterMs ?? 0).toBeGreaterThanOrEqual(report.staleAfterMs ?? 0)
  expect(report.repairedAfterMs ?? 0).toBeGreaterThanOrEqual(report.deadAfterMs ?? 0)
  await waitForReplicas(cluster, FILE, 2)

  const isFrozen = () => execFileSync('ps', ['-o', 'stat=', '-p', `${node.pid}`]).includes('T')
  await waitUntil(async () => (await runCli(['status'], environment)).exitCode === 0, {
    what: 'the cluster to be well again',
  })
  const drill = spawn(join(import.meta.dirname, '../../bin/dfs'), words, {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  })
  onTestFinished(() => void drill.kill('SIGKILL'))
  await waitUntil(isFrozen, { what: 'the second drill to begin' })
  drill.kill('SIGKILL')
  await waitUntil(() => !isFrozen(), { what: 'the node to go on without the drill' })

  const other = await runCli(words.with(4, `${process.pid}`), environment)
  expect(other.stderr).toContain(`process ${process.pid} is not datanode ${node.uuid}`)
  await cluster.client().setReplication(FILE, 3)
  await waitForReplicas(cluster, FILE, 3)
  await waitUntil(async () => (await runCli(['status'], environment)).exitCode === 0, {
    what: 'the cluster to be well with three replicas',
  })
  const hopeless = await runCli(words, environment)
  expect(hopeless.stderr).toContain('no other datanode could take a copy of 1 blocks')
  expect(other.exitCode).not.toBe(0)
  expect(hopeless.exitCode).not.toBe(0)

  await cluster.datanodes[0]?.kill()
  await waitUntil(async () => (await runCli(['status'], environment)).exitCode !== 0, {
    what: 'the loss to be noticed',
  })
  const refused = await runCli(words, environment)
  expect(refused.exitCode).not.toBe(0)
  expect(refused.stderr).toContain('no drill now: the cluster is')
})
