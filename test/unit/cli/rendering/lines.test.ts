import { expect, it } from 'vitest'
import { operationLine } from '../../../../cli/commands/audit.js'
import { eventLine } from '../../../../cli/commands/watch.js'

const FORGED = '/a\n2026-01-01T00:00:00.000Z\troot\u001b[2J'
const SHOWN = '/a\\u000a2026-01-01T00:00:00.000Z\\u0009root\\u001b[2J'

it('no name makes a line of the audit log that was not there', () => {
  const line = operationLine({
    timeMs: 0,
    user: 'eve',
    address: '127.0.0.1',
    command: 'rename',
    path: FORGED,
    target: FORGED,
    face: 'rpc',
    outcome: 'success',
  })
  const start = '1970-01-01T00:00:00.000Z\teve\t127.0.0.1\trpc\tsuccess\trename'
  expect(line).toBe(`${start}\t${SHOWN} -> ${SHOWN}`)
})

it('no name makes an event that was not there', () => {
  const line = eventLine({ transactionId: 7, timeMs: 0, user: 'eve', type: 'unlink', path: FORGED })
  expect(line).toBe(`7\t1970-01-01T00:00:00.000Z\teve\tunlink\t${SHOWN}`)
})
