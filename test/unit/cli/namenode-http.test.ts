import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from './run-command.js'
import { ScriptedCluster } from './scripted-cluster.js'

const asked: string[] = []
let server: Server
let address: string

beforeEach(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`)
    // Refused: that the command came here is all that is asked.
    response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  address = `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}`
})
afterEach(async () => {
  asked.length = 0
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
