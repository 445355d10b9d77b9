/**
 * `npm run quickstart`: the whole promise in about a minute, with real processes and a real file. A cluster starts, stores
 * 1 GiB three times, loses a datanode, a block file and a bit, and heals each time; nothing is kept afterwards.
 * DFS_QUICKSTART_BYTES changes the size of the file.
 */
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { prepare } from './prepare.mjs'
import { compareFiles, fingerprint, flipBit, isSame, MIB, makeFile } from './quickstart-files.mjs'
import {
  firstLine,
  killStarted,
  residentMib,
  runDfs,
  startDfs,
  stopStarted,
} from './quickstart-processes.mjs'
import { bold, green, grey, indent, inMib, say, step, table } from './quickstart-screen.mjs'

const FILE_BYTES = Number(process.env.DFS_QUICKSTART_BYTES ?? 1024 * MIB)
const UPLOAD_BYTES = Math.min(64 * MIB, FILE_BYTES)
const WAIT_LIMIT_MS = 180_000

/** Shorter than the defaults (60 s, 7 days), so that the show fits into a minute. */
const BRISK = [
  'liveness.stale-after=3s',
  'liveness.dead-after=10s',
  'datanode.scrub-period=10s',
  'datanode.scrub-rate=512MiB',
]

prepare()
let fs = ''
const dfs = (...verb) => runDfs(['--fs', fs, ...verb])
const folder = await mkdtemp(join(tmpdir(), 'dfs-quickstart-'))
let exitCode = 1
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
process.once('exit', killStarted)
try {
  await show()
  exitCode = 0
} catch (error) {
  say(`\nquickstart failed: ${error.stack}`)
  printLogs()
} finally {
  await stopStarted()
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = exitCode

async function show() {
  say(`dfs quickstart: a namenode, three datanodes, a file of ${inMib(FILE_BYTES)}`)
  say(grey(`shortened for the show: ${BRISK.join(', ')}`))
  const original = join(folder, 'original.bin')
  await step('make a pseudo-random file', FILE_BYTES, () => makeFile(original, FILE_BYTES))

  const cluster = await step('start the cluster: dfs up', 0, startCluster)
  fs = cluster.fs
  const [, , third] = cluster.datanodes
  for (const { name, pid } of [cluster.namenode, ...cluster.datanodes])
    say(grey(`  ${name} pid ${pid}`))

  await step('dfs put, three replicas, durable', FILE_BYTES, () => dfs('put', original, '/big.bin'))
  say(grey(indent(await dfs('ls', '/'))))
  await step('dfs ls', 0, () => dfs('ls', '/'))
  await step('dfs get, compared byte for byte', FILE_BYTES, () => getAndCompare(original))

  process.kill(third.pid, 'SIGKILL')
  say(bold(`\n${third.name} is killed (kill -9 ${third.pid}); an empty datanode takes its place`))
  await startSpare(cluster)
  await step('healed: dead after 10 s, then copied', FILE_BYTES, () => untilHealed(cluster))

  const [first, second] = cluster.datanodes
  const [deleted, flipped] = [blockFiles(first)[0], blockFiles(second).at(-1)]
  const [deletedBytes, flippedBytes] = [fingerprint(deleted), fingerprint(flipped)]
  say(
    bold(
      '\na block file is deleted, and one bit of another is flipped, behind the back of the datanodes',
    ),
  )
  await rm(deleted)
  await flipBit(flipped)
  await step('healed: the deleted block', 0, () => until(() => isSame(deleted, deletedBytes)))
  await step('healed: the flipped bit', 0, () => until(() => isSame(flipped, flippedBytes)))
  await untilHealed(cluster)

  say(bold('\nupload by HTTP'))
  const small = join(folder, 'upload.bin')
  await makeFile(small, UPLOAD_BYTES)
  await dfs('mkdir', '/uploads')
  await step('POST multipart form', UPLOAD_BYTES, () => uploadForm(cluster, small))
  await step('GET, compared', UPLOAD_BYTES, () => downloadAndCompare(cluster, small))

  await step('dfs get again, compared', FILE_BYTES, () => getAndCompare(original))
  const report = await dfs('fsck', '/', '--http', cluster.http)
  say(grey(indent(report.trim().split('\n').slice(-3).join('\n'))))
  if (!/HEALTHY/.test(report)) throw new Error(`fsck does not say HEALTHY:\n${report}`)
  printTable(cluster)
}

async function startCluster() {
  const child = startDfs([
    'up',
    ...['--data', join(folder, 'cluster')],
    ...['--datanodes', '3', '--replication', '3', '--rpc-port', '0', '--http-port', '0', '--json'],
    ...BRISK.flatMap((setting) => ['--set', setting]),
  ])
  return JSON.parse(await firstLine(child))
}

/** A datanode like any other, started by hand as on a machine of its own. */
async function startSpare(cluster) {
  const settings = [
    `cluster.token-file=${join(cluster.dataFolder, 'cluster-token')}`,
    `datanode.volumes=${join(folder, 'cluster', 'spare')}`,
    `namenode.rpc-port=${cluster.namenode.rpcPort}`,
    `namenode.http-port=${cluster.namenode.httpPort}`,
    ...['datanode.transfer-port=0', 'datanode.http-port=0', 'datanode.ipc-port=0'],
    'datanode.reserved=1GiB',
    ...BRISK.filter((setting) => setting.startsWith('datanode.')),
  ]
  const child = startDfs(['datanode', ...settings.flatMap((setting) => ['--set', setting])])
  say(grey(`  ${await firstLine(child)}`))
}

async function readStatistics(cluster) {
  const answer = await fetch(`${cluster.http}/api/v1/cluster`)
  return (await answer.json()).statistics
}

/** Until the killed node counts as dead, and no block lacks a replica or has a bad one. */
async function untilHealed(cluster) {
  await until(async () => {
    const now = await readStatistics(cluster)
    const open =
      now.underReplicatedBlocks + now.corruptBlocks + now.pendingCopies + now.missingBlocks
    return now.deadDatanodes === 1 && open === 0
  })
}

async function until(condition) {
  const endsMs = performance.now() + WAIT_LIMIT_MS
  while (!(await condition())) {
    if (performance.now() > endsMs) throw new Error(`waited ${WAIT_LIMIT_MS / 1000} s in vain`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Data files of the blocks in a datanode's folder. */
function blockFiles({ dataFolder }) {
  return readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^blk_\d+$/.test(basename(name)))
    .sort()
    .map((name) => join(dataFolder, name))
}

async function getAndCompare(original) {
  const copy = join(folder, 'copy.bin')
  await dfs('get', '-f', '/big.bin', copy)
  await compareFiles(original, copy)
  await rm(copy)
}

/**
 * What `curl -L -F file=@upload.bin` sends. The namenode only says which datanode takes it; curl asks before it sends
 * (Expect: 100-continue), fetch cannot, hence two requests.
 */
async function uploadForm(cluster, path) {
  const url = `${cluster.http}/api/v1/files/uploads`
  const redirect = await fetch(url, { method: 'POST', redirect: 'manual' })
  const target = redirect.headers.get('location')
  if (target === null)
    throw new Error(`no redirect but ${redirect.status}: ${await redirect.text()}`)
  const body = new FormData()
  body.append('file', await openAsBlob(path), 'upload.bin')
  const answer = await fetch(target, { method: 'POST', body })
  if (!answer.ok)
    throw new Error(`the upload was answered ${answer.status}: ${await answer.text()}`)
}

async function downloadAndCompare(cluster, path) {
  const answer = await fetch(`${cluster.http}/api/v1/files/uploads/upload.bin`)
  if (!answer.ok) throw new Error(`the download was answered ${answer.status}`)
  const received = Buffer.from(await answer.arrayBuffer())
  if (!received.equals(await readFile(path)))
    throw new Error('the download differs from the upload')
}

function printTable(cluster) {
  say(bold('\n  step                                          size        time        rate'))
  for (const { name, bytes, ms } of table) {
    const size = bytes === 0 ? '' : inMib(bytes)
    const rate = bytes === 0 ? '' : `${Math.round(bytes / MIB / (ms / 1000))} MiB/s`
    const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
    say(`  ${name.padEnd(42)}${size.padStart(9)}${time.padStart(12)}${rate.padStart(12)}`)
  }
  const memory = [cluster.namenode, ...cluster.datanodes.slice(0, 2)].flatMap(({ name, pid }) => {
    const mib = residentMib(pid)
    return mib === undefined ? [] : [`${name} ${mib} MiB`]
  })
  if (memory.length > 0) say(`  resident memory: ${memory.join(', ')}`)
  say(green('\nEverything is there, three times, and checked.'))
}

function printLogs() {
  const logs = join(folder, 'cluster', 'logs')
  if (!existsSync(logs)) return
  for (const name of readdirSync(logs)) {
    const lines = readFileSync(join(logs, name), 'utf8').trimEnd().split('\n')
    say(grey(`${name}:\n${indent(lines.slice(-15).join('\n'))}`))
  }
}
