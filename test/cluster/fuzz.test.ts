/** A short run of the fuzzer with fixed seeds against a live cluster, the inputs that were bugs once, and a bug put there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DfsError } from '../../shared/errors.js'
import type { AnyRpcHandler } from '../../shared/hadoop/ipc-server.js'
import {
  CLIENT_PROTOCOL,
  CLIENT_PROTOCOL_NAME,
} from '../../shared/hadoop/schema/client-protocol.js'
import { silentLog } from '../../shared/log.js'
import { type FaceTargetName, faceTarget, LOOPBACK_ONLY } from '../fuzz/face-targets.js'
import { describeFinding, fuzz } from '../fuzz/fuzzer.js'
import { type HostileCluster, startHostileCluster } from '../support/hostile-cluster.js'
import { IpcFixture } from '../support/ipc-fixture.js'

const TARGETS: readonly FaceTargetName[] = [
  'ipc',
  'datanode-ipc',
  'transfer',
  'http',
  'datanode-http',
]
const ROUNDS = 100
const REGRESSIONS = join(import.meta.dirname, '..', 'golden', 'fuzz')

let hostile: HostileCluster
let stop = async () => {}
beforeAll(async () => {
  hostile = await startHostileCluster({ seams: { network: LOOPBACK_ONLY } }, (close) => {
    stop = close
  })
})
afterAll(() => stop())

describe('a live cluster', () => {
  it.each(TARGETS)('withstands damaged and made-up input: %s', async (name) => {
    const { rounds, finding } = await fuzz(faceTarget(name, hostile), { seed: 1, rounds: ROUNDS })
    expect(finding === undefined ? rounds : describeFinding(finding)).toBe(ROUNDS)
  })

  it('withstands what was a bug once', async () => {
    const names = readdirSync(REGRESSIONS).filter((it) => it.endsWith('.hex'))
    expect(names.length).toBeGreaterThan(0)
    for (const file of names) {
      const name = TARGETS.toReversed().find((it) => file.startsWith(`${it}-`))
      if (name === undefined) throw new Error(`${file} names no target`)
      const target = faceTarget(name, hostile)
      await target.feed(Buffer.from(readFileSync(join(REGRESSIONS, file), 'utf8').trim(), 'hex'))
      await target.check()
    }
  })
})

it('a bug planted in a server is found', async () => {
  const fixture = new IpcFixture()
  const failures: string[] = []
  const planted = (request: object): never => {
    if (Object.values(request).includes('constructor')) throw new TypeError('planted')
    throw new DfsError('IO', 'as expected')
  }
  const methods: [string, AnyRpcHandler][] = Object.entries(CLIENT_PROTOCOL).map(
    ([name, method]) => [name, { ...method, handle: planted }],
  )
  const { port } = await fixture.start({
    protocols: { [CLIENT_PROTOCOL_NAME]: Object.fromEntries(methods) },
    log: { ...silentLog, error: (fields) => failures.push(JSON.stringify(fields)) },
  })
  const face = { ...hostile.faces.rpc, port }
  const target = faceTarget('ipc', {
    ...hostile,
    faces: { ...hostile.faces, rpc: face },
    failures,
    good: async () => {},
  })
  try {
    const { finding } = await fuzz(target, { seed: 1, rounds: 500 })
    expect(finding === undefined ? 'nothing' : describeFinding(finding)).toContain(
      '--target ipc --seed 1',
    )
    expect(finding?.input.includes('constructor')).toBe(true)
  } finally {
    await fixture.close()
  }
})
