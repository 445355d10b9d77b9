import { describe, expect, it } from 'vitest'
import { DfsError } from '../../../shared/errors.js'
import { silentLog } from '../../../shared/log.js'
import {
  type ProcessHost,
  parseServerMessage,
  runServerProcess,
  type ServerMessage,
  type StartedServer,
} from '../../../shared/server-process.js'
import { FakeClock } from '../../support/fake-clock.js'

function run(start: () => Promise<StartedServer>, signal: AbortSignal) {
  const printed: string[] = []
  const complaints: string[] = []
  const told: ServerMessage[] = []
  const host: ProcessHost = {
    tellParent: (message) => told.push(message),
    onParentGone: (action) => parentGone.push(action),
    leaveParent: () => {},
    onBug: () => {},
    exit: () => {},
  }
  const parentGone: (() => void)[] = []
  const exitCode = runServerProcess({
    name: 'namenode',
    clock: new FakeClock(),
    host,
    log: silentLog,
    signal,
    start,
    print: (line) => printed.push(line),
    printError: (line) => complaints.push(line),
  })
  const loseParent = () => {
    for (const action of parentGone) action()
  }
  return { printed, complaints, told, exitCode, loseParent }
}

describe('a server process', () => {
  it('says when it is ready, and closes when it is asked to end', async () => {
    const asked = new AbortController()
    let isClosed = false
    const { printed, exitCode } = run(async () => {
      return {
        addresses: { rpcPort: 1 },
        readyText: 'namenode ready',
        close: async () => {
          isClosed = true
        },
      }
    }, asked.signal)
    await expect.poll(() => printed).toEqual(['namenode ready'])
    expect(isClosed).toBe(false)
    asked.abort(new Error('interrupted'))
    expect(await exitCode).toBe(0)
    expect(isClosed).toBe(true)
  })

  it('ends when the process that started it is gone', async () => {
    const server = { addresses: {}, readyText: 'ready', close: async () => {} }
    const { told, exitCode, loseParent } = run(async () => server, new AbortController().signal)
    await expect.poll(() => told).toEqual([{ kind: 'ready', addresses: {} }])
    loseParent()
    expect(await exitCode).toBe(0)
  })

  it('says what kept it from starting, one line for each problem', async () => {
    const { complaints, exitCode } = run(async () => {
      throw new DfsError('CONFIGURATION', 'first\nsecond')
    }, new AbortController().signal)
    expect(await exitCode).toBe(255)
    expect(complaints).toEqual(['namenode: first', 'namenode: second'])
  })

  it('ends with 70 when it cannot close', async () => {
    const { exitCode } = run(
      async () => {
        return {
          addresses: {},
          readyText: '',
          close: async () => {
            throw new Error('a loop would not end')
          },
        }
      },
      AbortSignal.abort(new Error('stop')),
    )
    expect(await exitCode).toBe(70)
  })
})

describe('the word of a server to its parent', () => {
  it('is ready with addresses, or failed with a code', () => {
    expect(parseServerMessage({ kind: 'ready', addresses: { rpcPort: 1 } })).toEqual({
      kind: 'ready',
      addresses: { rpcPort: 1 },
    })
    expect(
      parseServerMessage({ kind: 'failed', code: 'PORT_IN_USE', message: 'taken' }),
    ).toMatchObject({ code: 'PORT_IN_USE' })
  })

  it('is nothing else', () => {
    expect(() => parseServerMessage({ kind: 'hello' })).toThrow(DfsError)
    expect(() => parseServerMessage('ready')).toThrow(DfsError)
  })
})
