/** How `dfs up` ends with the process that started it, or with its terminal, and when it does not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { programPath } from '../../cli/up/program-path.js'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { allGone, isAlive, pids, startUp, stateOf, type UpState } from '../support/running-up.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { waitUntil } from '../support/wait-until.js'

/** Several times the pause between two looks at the parent. */
const LONG_ENOUGH_MS = 1_500

interface Script {
  readonly state: UpState
  /** What `dfs up` has said on standard error. */
  readonly complaints: () => string
  /** Ends the script as nothing can be told of. */
  readonly kill: () => Promise<void>
}

/** A script that has started `dfs up` and waits for it. @param words what it runs `dfs up` with */
async function startInScript(folder: string, words: string, ...flags: string[]): Promise<Script> {
  const [out, complaints] = ['out', 'complaints'].map((name) => join(folder, name)) as [
    string,
    string,
  ]
  const streams = [out, complaints].map((path) => openSync(path, 'a'))
  const up = ['up', '--data', folder, '--rpc-port', '0', '--http-port', '0', '--json', ...flags]
  const script = spawn('sh', ['-c', `${words} "$0" "$@" & wait`, programPath(), ...up], {
    stdio: ['ignore', ...streams],
  })
  for (const stream of streams) closeSync(stream)
  const ended = once(script, 'exit')
  const line = await waitUntil(() => /^\{.*\}$/m.exec(readFileSync(out, 'utf8'))?.[0], {
    what: 'the line of --json',
    explain: () => readFileSync(complaints, 'utf8'),
  })
  const state = JSON.parse(line) as UpState
  onTestFinished(async () => {
    if (isAlive(state.pid)) process.kill(state.pid, 'SIGTERM')
    await allGone(state)
  })
  return {
    state,
    complaints: () => readFileSync(complaints, 'utf8'),
    kill: async () => {
      script.kill('SIGKILL')
      await ended
    },
  }
}

/** What Node loads before anything of ours: says that it has begun and stands still until it may go on. */
const slowStart = (begun: string, goOn: string) => `
const { existsSync, renameSync, writeFileSync } = require('node:fs')
const [begun, goOn] = ${JSON.stringify([begun, goOn])}
if (!existsSync(goOn)) {
  writeFileSync(begun + '.new', String(process.pid))
  renameSync(begun + '.new', begun)
}
while (!existsSync(goOn)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
`

describe('dfs up and the process that started it', () => {
  it('ends with everything when that is killed, and has its data at the next start', async () => {
    const folder = temporaryFolder()
    const { state, complaints, kill } = await startInScript(folder, '')
    const client = DfsClient.connect({ fs: state.fs })
    await client.writeFile('/kept', 'for ever', { replication: 3 })
    await client.close()
    await kill()
    await waitUntil(() => !isAlive(state.pid), { what: 'dfs up to end', timeoutMs: 15_000 })
    await allGone(state)
    expect(complaints()).toMatch(/stopping, since the process that started it \(pid \d+\) is gone/)

    const after = await stateOf(startUp(folder, '--json'))
    const again = DfsClient.connect({ fs: after.fs })
    expect(String(await again.readFile('/kept'))).toBe('for ever')
    await again.close()
  })

  it('starts nothing when that is gone before it can ask who it is', async () => {
    const folder = temporaryFolder()
    const [begun, goOn, slow, complaints] = ['begun', 'go-on', 'slow.cjs', 'complaints'].map(
      (name) => join(folder, name),
    ) as [string, string, string, string]
    writeFileSync(slow, slowStart(begun, goOn))
    const streams = openSync(complaints, 'a')
    const words = ['up', '--data', folder, '--rpc-port', '0', '--http-port', '0']
    const script = spawn('sh', ['-c', '"$0" "$@" & wait', programPath(), ...words], {
      stdio: ['ignore', 'ignore', streams],
      env: { ...process.env, NODE_OPTIONS: `--require ${slow}` },
    })
    closeSync(streams)
    const ended = once(script, 'exit')
    const pid = await waitUntil(() => existsSync(begun) && Number(readFileSync(begun, 'utf8')), {
      what: 'Node to begin',
    })
    onTestFinished(async () => {
      if (isAlive(pid)) process.kill(pid, 'SIGTERM')
      await waitUntil(() => !isAlive(pid), { what: 'what should not be there to end' })
    })
    script.kill('SIGKILL')
    await ended
    writeFileSync(goOn, '')
    await waitUntil(() => !isAlive(pid), { what: 'dfs up to end', timeoutMs: 15_000 })
    expect(readFileSync(complaints, 'utf8')).toContain(`started it (pid ${script.pid}) is gone`)
    expect(existsSync(join(folder, 'logs', 'namenode.log'))).toBe(false)
  })

  it.each([
    ['under nohup', 'nohup', [], ['SIGHUP']],
    ['in a session of its own', 'setsid', [], []],
    ['with --outlive-parent', '', ['--outlive-parent'], []],
  ] as const)('goes on %s', async (_how, words, flags, signals) => {
    const { state, complaints, kill } = await startInScript(temporaryFolder(), words, ...flags)
    await kill()
    for (const signal of signals) {
      for (const pid of [state.pid, ...pids(state)]) process.kill(pid, signal)
    }
    await sleep(LONG_ENOUGH_MS)
    expect([state.pid, ...pids(state)].every(isAlive)).toBe(true)
    expect(complaints()).not.toMatch(/stopping/)
    const client = DfsClient.connect({ fs: state.fs })
    await client.writeFile('/still', 'works')
    await client.close()
  })
})

describe('dfs up at a terminal', () => {
  it.each(['SIGINT', 'SIGHUP'] as const)(
    'closes its servers in order when all get %s at once',
    async (signal) => {
      const folder = temporaryFolder()
      const words = [
        'up',
        '--data',
        folder,
        '--rpc-port',
        '0',
        '--http-port',
        '0',
        '--datanodes',
        '1',
      ]
      const up = spawn(programPath(), words, {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      const ended = once(up, 'exit')
      let output = ''
      up.stdout.on('data', (chunk) => {
        output += String(chunk)
      })
      await waitUntil(() => output.includes('ready\n'), { what: 'ready' })
      process.kill(-(up.pid ?? 0), signal)
      expect(await ended).toEqual([0, null])
      for (const name of ['namenode', 'datanode-1']) {
        const log = readFileSync(join(folder, 'logs', `${name}.log`), 'utf8')
        expect(log).toMatch(/"exitCode":0.*"stopped"/)
      }
    },
  )
})
