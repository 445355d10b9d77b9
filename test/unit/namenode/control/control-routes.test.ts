import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { registerControlRoutes } from '../../../../namenode/http/control-routes.js'
import { CONTROL_PATHS } from '../../../../shared/control/messages.js'
import { ReplicaNode } from '../../../support/replica-node.js'
import type { ScriptedCluster } from '../../../support/scripted-cluster.js'
import { scriptedClusterForEach } from '../../../support/scripted-cluster-for-each.js'

let cluster: ScriptedCluster
let app: FastifyInstance

scriptedClusterForEach(async (it) => {
  cluster = it
  app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
  await app.register((scope, _options, done) => {
    registerControlRoutes(scope, cluster.management)
    done()
  })
})

afterEach(async () => {
  await app.close()
  await cluster.close()
})

const registration = () =>
  new ReplicaNode(cluster.management.controlPlane, { name: 'a' }).registration()
const post = (url: string, payload: object, authorization: string | undefined = 'Bearer secret') =>
  app.inject({
    method: 'POST',
    url,
    payload,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  })

describe('the control routes', () => {
  it('register a node that knows the token', async () => {
    const reply = await post(CONTROL_PATHS.register, registration())
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({ clusterId: 'CID-test', epoch: 1 })
  })

  it.each([
    ['none', ''],
    ['a wrong one', 'Bearer guess'],
    ['a longer one', 'Bearer secretsecret'],
    ['another scheme', 'Basic secret'],
  ])('refuse every request with no valid token: %s', async (_name, authorization) => {
    for (const path of Object.values(CONTROL_PATHS)) {
      const reply = await post(path, registration(), authorization)
      expect(reply.statusCode).toBe(401)
      expect(reply.json()).toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    expect(cluster.management.blockManager.datanodes()).toEqual([])
  })

  it.each([
    ['an unknown property', { extra: 1 }],
    ['a number as text', { transferPort: '9866' }],
    ['a negative port', { transferPort: -1 }],
    ['a rack without a slash', { rack: 'r1' }],
    ['no address', { addresses: [] }],
    ['an endless name', { hostname: 'x'.repeat(5000) }],
  ])('answer 400 to %s', async (_name, change) => {
    const reply = await post(CONTROL_PATHS.register, { ...registration(), ...change })
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({ code: 'ILLEGAL_ARGUMENT' })
    expect(reply.json().message).toBeTypeOf('string')
  })

  it('answer 413 to more than a message can hold', async () => {
    const reply = await post(CONTROL_PATHS.register, {
      ...registration(),
      hostname: 'x'.repeat(2_000_000),
    })
    expect(reply.statusCode).toBe(413)
    expect(reply.json()).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('name the error of the control plane', async () => {
    const foreign = await post(CONTROL_PATHS.register, {
      ...registration(),
      clusterId: 'CID-other',
    })
    expect(foreign.statusCode).toBe(403)
    expect(foreign.json()).toMatchObject({ code: 'WRONG_CLUSTER' })
    const beat = {
      datanodeUuid: 'a',
      sessionId: 's',
      sequence: 1,
      storages: [],
      activeTransfers: 0,
      outcomes: [],
    }
    const unknown = await post(CONTROL_PATHS.heartbeat, beat)
    expect(unknown.statusCode).toBe(410)
    expect(unknown.json()).toMatchObject({ code: 'UNREGISTERED_DATANODE' })
  })
})
