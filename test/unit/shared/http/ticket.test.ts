import { describe, expect, it } from 'vitest'
import { issueTicket, verifyTicket } from '../../../../shared/http/ticket.js'

const claims = { user: 'alice', method: 'GET', path: '/a/b', expiresMs: 1000 }
const request = { method: 'GET', path: '/a/b', nowMs: 900 }
const ticket = issueTicket(claims, 'secret')
const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' })

describe('verifyTicket()', () => {
  it('returns the claims of a valid ticket', () => {
    expect(verifyTicket(ticket, request, 'secret')).toEqual(claims)
  })

  it.each([
    ['that is missing', undefined],
    ['that is empty', ''],
    ['without a signature', ticket.split('.')[0]],
    ['of another user', issueTicket({ ...claims, user: 'root' }, 'guess')],
    [
      'whose claims were exchanged',
      `${Buffer.from(JSON.stringify({ ...claims, user: 'root' })).toString('base64url')}.${ticket.split('.')[1]}`,
    ],
    ['that was cut short', ticket.slice(0, -2)],
  ])('refuses a ticket %s', (_name, given) => {
    expect(() => verifyTicket(given, request, 'secret')).toThrow(refused)
  })

  it.each([
    ['another method', { ...request, method: 'PUT' }],
    ['another path', { ...request, path: '/a/c' }],
    ['a later time', { ...request, nowMs: 1001 }],
  ])('refuses a ticket used for %s', (_name, used) => {
    expect(() => verifyTicket(ticket, used, 'secret')).toThrow(refused)
  })
})
