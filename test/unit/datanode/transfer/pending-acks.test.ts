import { describe, expect, it } from 'vitest'
import { PendingAcks } from '../../../../datanode/transfer/pending-acks.js'

const packet = (seqno: number, endBytes: number, change: object = {}) => ({
  seqno,
  endBytes,
  syncNumber: 0,
  isLast: false,
  ...change,
})
const local = (flushedBytes: number, change: object = {}) => ({
  flushedBytes,
  syncNumber: 0,
  isFinalized: false,
  ...change,
})
const seqnos = (due: readonly { seqno: number }[]) => due.map(({ seqno }) => seqno)

describe('acknowledgements that are owed', () => {
  it('leave in order, as far as the data have been written', () => {
    const pending = new PendingAcks(false)
    pending.push(packet(7, 100))
    pending.push(packet(-1, 100))
    pending.push(packet(9, 200))
    expect(seqnos(pending.takeDue(local(99)))).toEqual([])
    expect(seqnos(pending.takeDue(local(150)))).toEqual([7, -1])
    expect(seqnos(pending.takeDue(local(200)))).toEqual([9])
    expect(pending.size).toBe(0)
  })

  it('wait for the node behind, whichever is slower', () => {
    const pending = new PendingAcks(true)
    pending.push(packet(0, 100))
    pending.push(packet(1, 200))
    expect(pending.owedDownstream).toBe(2)
    expect(pending.takeDue(local(200))).toEqual([])
    expect(pending.answer(0, [0, 0])).toBe(true)
    expect(pending.takeDue(local(50))).toEqual([])
    expect(pending.takeDue(local(100))).toMatchObject([{ seqno: 0, replies: [0, 0, 0] }])
    expect(pending.owedDownstream).toBe(1)
  })

  it('refuse an answer that is not due', () => {
    const pending = new PendingAcks(true)
    expect(pending.answer(0, [0])).toBe(false)
    pending.push(packet(3, 1))
    expect(pending.answer(4, [0])).toBe(false)
  })

  it('hold a packet back until its sync has ended, and all behind it', () => {
    const pending = new PendingAcks(false)
    pending.push(packet(0, 10, { syncNumber: 1 }))
    pending.push(packet(1, 10))
    expect(pending.takeDue(local(10))).toEqual([])
    expect(seqnos(pending.takeDue(local(10, { syncNumber: 1 })))).toEqual([0, 1])
  })

  it('hold the last packet back until the replica is finalized', () => {
    const pending = new PendingAcks(false)
    pending.push(packet(0, 10, { isLast: true }))
    expect(pending.takeDue(local(10))).toEqual([])
    expect(pending.takeDue(local(10, { isFinalized: true }))).toMatchObject([{ isLast: true }])
  })

  it('pass a failure from behind on at once, and nothing after it', () => {
    const pending = new PendingAcks(true)
    pending.push(packet(0, 100))
    pending.push(packet(1, 200))
    pending.answer(0, [0, 2])
    pending.answer(1, [0, 0])
    expect(pending.takeDue(local(0))).toMatchObject([
      { seqno: 0, replies: [0, 0, 2], isFailure: true },
    ])
  })
})
