import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { exitOfDocument } from '../../../cli/commands/fsck.js'
import { runCommand } from './run-command.js'
import { ScriptedCluster } from './scripted-cluster.js'

let server: Server | undefined
const requests: string[] = []

/** An HTTP server that answers everything with the same text; returns its address. */
async function answering(text: string, status = 200): Promise<string> {
  const started = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.writeHead(status, { 'content-type': 'text/plain' })
    // Two pieces: the last line may arrive torn.
    response.write(text.slice(0, -5))
    response.end(text.slice(-5))
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const address = started.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

afterEach(async () => {
  requests.length = 0
  const open = server
  server = undefined
  if (open !== undefined) await new Promise((resolve) => open.close(resolve))
})

const fsck = (...words: string[]) => runCommand(new ScriptedCluster(), ['fsck', ...words])

describe('dfs fsck', () => {
  it.each([
    ["The filesystem under path '/' is HEALTHY\n", 0],
    ["\n\nThe filesystem under path '/' is CORRUPT\n\n", 1],
    ["FSCK started\nPath '/nope' does not exist\n", 0],
    ["The filesystem under path '/x' has no CORRUPT files\n", 0],
    ['cut off in the midd', 1],
  ])('prints %j and exits with %d', async (text, code) => {
    const http = await answering(text)
    const outcome = await fsck('/', '--http', http)
    expect(outcome).toEqual({ code, stdout: text.endsWith('\n') ? text : `${text}\n`, stderr: '' })
  })

  it('asks as hdfs fsck asks', async () => {
    const http = await answering('is HEALTHY\n')
    await fsck('/data', '-files', '-blocks', '-locations', '-replicaDetails', '--http', http)
    expect(requests).toEqual([
      '/fsck?ugi=alice&path=%2Fdata&keptForUndo=1&files=1&blocks=1&locations=1&replicadetails=1',
    ])
    await fsck('-list-corruptfileblocks', 'rel', '--http', http)
    expect(requests[1]).toBe(
      '/fsck?ugi=alice&path=%2Fuser%2Falice%2Frel&keptForUndo=1&listcorruptfileblocks=1',
    )
  })

  it('names the server that cannot be reached, or refuses', async () => {
    const http = await answering('no such route', 404)
    expect(await fsck('/', '--http', http)).toMatchObject({
      code: 1,
      stderr: `fsck: ${http} answered 404: no such route\n`,
    })
    expect(await fsck('/', '--http', 'http://127.0.0.1:1')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^fsck: cannot ask http:\/\/127\.0\.0\.1:1: .+\n$/),
    })
  })

  it('prints the particulars of a problem document, and judges a JSON answer by its summary', async () => {
    const problem = '{"type":"about:blank","status":404,"detail":"Path \\"/x\\" does not exist"}'
    const refusing = await answering(problem, 404)
    expect(await fsck('--json', '/x', '--http', refusing)).toMatchObject({
      code: 1,
      stderr: `fsck: ${refusing} answered 404: Path "/x" does not exist\n`,
    })
    expect(exitOfDocument('"summary":{"path":"/","isHealthy":true,"files":1}}\n')).toBe(0)
    expect(exitOfDocument('"summary":{"path":"/","isHealthy":false,"files":1}}\n')).toBe(1)
    expect(exitOfDocument('{"items":[')).toBe(1)
  })

  it('refuses a malformed address', async () => {
    expect(await fsck('/', '--http', 'nonsense')).toMatchObject({ code: 255 })
  })
})
