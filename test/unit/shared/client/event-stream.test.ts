import { createServer, type Server, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DfsClient } from '../../../../shared/client/dfs-client.js'
import { waitUntil } from '../../../support/wait-until.js'

const asked: (string | null)[] = []
let answers: ((response: ServerResponse) => void)[] = []
let server: Server
let client: DfsClient

const event = (id: number) =>
  `id: ${id}\ndata: {"type":"unlink","path":"/x","timeMs":1,"transactionId":${id}}\n\n`

/** Answers each connection with the next text, and ends it unless it is the last. */
function script(...texts: readonly string[]): void {
  answers = texts.map((text, index) => (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (index < texts.length - 1) response.end(text)
    else response.write(text)
  })
}

beforeEach(async () => {
  server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://any').searchParams.get('from'))
    answers.shift()?.(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const http = `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}`
  client = DfsClient.connect({ fs: 'hdfs://127.0.0.1:1', http })
})
afterEach(async () => {
  asked.length = 0
  await client.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

it('a watch comes back behind what it saw last', async () => {
  script(`id: 4\n\n${event(5)}`, event(6))
  const seen: number[] = []
  for await (const { transactionId } of client.watch('/')) {
    seen.push(transactionId)
    if (transactionId === 6) break
  }
  expect(seen).toEqual([5, 6])
  expect(asked).toEqual([null, '5'])
})

it('a watch ends when its client is closed', async () => {
  script('id: 4\n\n')
  const next = client.watch('/').next()
  await waitUntil(() => asked.length === 1, { what: 'the watch to begin' })
  await client.close()
  await expect(next).rejects.toMatchObject({ code: 'INTERRUPTED' })
  await expect(client.watch('/').next()).rejects.toMatchObject({ code: 'INTERRUPTED' })
})

it('what is no event ends a watch: asking again would bring it again', async () => {
  script('id: 4\n\ndata: {broken\n\n')
  await expect(client.watch('/').next()).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' })
  expect(asked).toEqual([null])
})
