import { expect, it } from 'vitest'
import {
  decodeEdit,
  encodeEdit,
  type LoggedEdit,
} from '../../../../namenode/service/namespace/namespace-edit.js'

const REQUEST = { client: 'a'.repeat(32), call: 7, user: 'ada', operation: 'skip', result: null }
const EDIT = { op: 'skip', nextBlock: 5, nextGeneration: 6 } as const
/** `op` is not where rules put it. */
const TURNED = { nextBlock: 5, nextGeneration: 6, op: 'skip' } as const
const EMPTY = { op: 'skip' } as unknown as LoggedEdit

it.each<[string, LoggedEdit, typeof REQUEST | undefined]>([
  ['an edit', EDIT, undefined],
  ['one that answers a request', EDIT, REQUEST],
  ['one read from the log, with its request', { ...EDIT, request: REQUEST }, undefined],
  ['one with its fields in another order', TURNED, REQUEST],
  ['one without fields', EMPTY, REQUEST],
])('is the same text for %s, and comes back', (_what, edit, request = edit.request) => {
  const text = encodeEdit(edit, request)
  expect(text).toBe(JSON.stringify({ ...edit, op: undefined, request }))
  expect(decodeEdit(edit.op, text)).toEqual({ ...edit, ...(request && { request }) })
})
