import { deserialize, serialize } from 'node:v8'
import { expect, it } from 'vitest'
import { packBatch, unpackBatch } from '../../../../namenode/service/namespace/batch-message.js'
import type { ChangeRequest } from '../../../../namenode/service/namespace/namespace-change.js'
import { createArguments } from './namespace-fixture.js'

const groups = ['staff']
const callOf = (user: string, callId?: number): ChangeRequest['call'] => ({
  principal: { user, groups, isSuperuser: user === 'root' },
  clientAddress: user === 'root' ? '10.0.0.1' : '10.0.0.2',
  requestId: callId === undefined ? undefined : { clientId: `${callId}`.repeat(32), callId },
})

const REQUESTS: readonly ChangeRequest[] = [
  { kind: 'create', call: callOf('root', 3), nowMs: 1.5, change: createArguments('/a') },
  { kind: 'rename', call: callOf('ada', 4), nowMs: 2, change: { from: '/a', to: '/b' } },
  { kind: 'rename', call: callOf('root'), nowMs: 3, change: { from: '', to: '' } },
  { kind: 'rename', call: callOf('eve', 0), nowMs: 4, change: { from: '/ü', to: '/c' } },
]

it('comes out of the clone as it went in', () => {
  const message = deserialize(serialize(packBatch(REQUESTS)))
  expect(unpackBatch(message)).toEqual(REQUESTS)
})

it('sends each principal once', () => {
  expect(packBatch(REQUESTS).principals.map((it) => it.user)).toEqual(['root', 'ada', 'eve'])
})

it('keeps apart what one user may at different times', () => {
  const former: ChangeRequest['call'] = {
    ...callOf('ada', 5),
    principal: { user: 'ada', groups: ['staff', 'operators'], isSuperuser: false },
  }
  const requests = [...REQUESTS, { ...REQUESTS[1], call: former } as ChangeRequest]
  expect(unpackBatch(packBatch(requests))).toEqual(requests)
})

it('is empty for nothing', () => {
  expect(unpackBatch(packBatch([]))).toEqual([])
})
