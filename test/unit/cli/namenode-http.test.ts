import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../../shared/clock.js'
import { runCommand } from './run-command.js'
import { ScriptedCluster } from './scripted-cluster.js'

const asked: string[] = []
let answer: 'refusal' | 'silence' | 'nonsense' | 'redirect' = 'refusal'
let server: Server
let address: string

beforeEach(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`)
    // Refused: that the command came here is all that most tests ask.
    if (answer === 'refusal') response.writeHead(503).end()
    if (answer === 'redirect') response.writeHead(307, { location: `${address}/elsewhere` }).end()
    if (answer === 'nonsense') response.writeHead(200).end('<html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  address = `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}`
})
afterEach(async () => {
  asked.length = 0
  answer = 'refusal'
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

it.each([
  [['status'], 'GET /api/v1/status'],
  [['top'], 'GET /api/v1/top'],
  [['audit'], 'GET /api/v1/audit'],
  [['fsck', '/'], 'GET /fsck'],
  [['sql', 'select 1'], 'POST /api/v1/sql'],
])('dfs %j asks where DFS_HTTP says, unless --http says otherwise', async (words, request) => {
  const environment = { DFS_HTTP: address }
  await runCommand(new ScriptedCluster(), words, { environment })
  expect(asked).toEqual([request])
  const elsewhere = { DFS_HTTP: 'http://127.0.0.1:1' }
  await runCommand(new ScriptedCluster(), [...words, '--http', address], { environment: elsewhere })
  expect(asked).toEqual([request, request])
})

it('DFS_HTTP is not asked about the files of another cluster', async () => {
  const environment = { DFS_HTTP: address, DFS_FS: 'hdfs://127.0.0.1:8020' }
  for (const verb of ['explain', 'fsck']) {
    const words = [verb, 'hdfs://127.0.0.2:8020/file']
    const { code, stderr } = await runCommand(new ScriptedCluster(), words, { environment })
    expect(code).toBe(1)
    expect(stderr).toContain('http://127.0.0.2:9870')
  }
  expect(asked).toEqual([])
})

it('a namenode that does not answer is given up', async () => {
  answer = 'silence'
  const hasty = {
    ...systemClock,
    after: (ms: number, action: () => void) => systemClock.after(ms / 1000, action),
  }
  const words = ['top', '--http', address]
  const { code, stderr } = await runCommand(new ScriptedCluster(), words, { clock: hasty })
  expect(stderr).toBe(`top: no answer from ${address} within 60 s\n`)
  expect(code).toBe(1)
})

it.each([[['status']], [['sql', 'select 1']], [['node', 'decommission', 'one']]])(
  'dfs %j does not go where it is sent',
  async (words) => {
    answer = 'redirect'
    const { code, stderr } = await runCommand(new ScriptedCluster(), [...words, '--http', address])
    expect(code).toBeGreaterThan(0)
    expect(stderr).toContain(`sends its callers elsewhere, to ${address}/elsewhere: not followed`)
    expect(asked).toHaveLength(1)
  },
)

it('what is no namenode of dfs is told so', async () => {
  answer = 'nonsense'
  const { stderr } = await runCommand(new ScriptedCluster(), ['top', '--http', address])
  expect(stderr).toBe(`top: ${address} is not a namenode of dfs\n`)
})

it('the exit code of dfs status does not call a silent namenode degraded', async () => {
  const words = ['status', '--http', address]
  expect((await runCommand(new ScriptedCluster(), words)).code).toBe(4)
})

it('dfs node goes on with the next node, and knows a word that is no action', async () => {
  const words = ['node', 'recommission', 'one', 'two', '--http', address]
  expect((await runCommand(new ScriptedCluster(), words)).code).toBe(1)
  expect(asked).toEqual(['one', 'two'].map((it) => `PUT /api/v1/nodes/${it}/order`))
  const wrong = await runCommand(new ScriptedCluster(), ['node', 'decomission', 'one'])
  expect(wrong.stderr).toContain("unknown action 'decomission'")
})
