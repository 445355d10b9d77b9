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
    pending.push(packet(7, 100), 0)
    pending.push(packet(-1, 100), 0)
    pending.push(packet(9, 200), 0)
    expect(seqnos(pending.takeDue(local(99)))).toEqual([])
    expect(seqnos(pending.takeDue(local(150)))).toEqual([7, -1])
    expect(seqnos(pending.takeDue(local(200)))).toEqual([9])
    expect(pending.size).toBe(0)
  })

  it('wait for the node behind, whichever is slower', () => {
    const pending = new PendingAcks(true)
    pending.push(packet(0, 100), 0)
    pending.push(packet(1, 200), 0)
    expect(pending.owedDownstream).toBe(2)
    expect(pending.takeDue(local(200))).toEqual([])
    expect(pending.answer(0, [0, 0], 0)).toBe(true)
    expect(pending.takeDue(local(50))).toEqual([])
    expect(pending.takeDue(local(100))).toMatchObject([{ seqno: 0, replies: [0, 0, 0] }])
    expect(pending.owedDownstream).toBe(1)
  })

  it('make the node behind late only by the time since it owes something', () => {
    const pending = new PendingAcks(true)
    expect(pending.silentForMs(14_999)).toBe(0)
    pending.push(packet(0, 100), 15_000)
    expect(pending.silentForMs(15_001)).toBe(1)
    pending.push(packet(1, 200), 20_000)
    expect(pending.silentForMs(20_000)).toBe(5_000)
    pending.answer(0, [0], 21_000)
    expect(pending.silentForMs(22_000)).toBe(1_000)
    pending.answer(1, [0], 23_000)
    expect(pending.silentForMs(99_000)).toBe(0)
    pending.push(packet(2, 300), 99_000)
    expect(pending.silentForMs(99_000)).toBe(0)
  })

  it('refuse an answer that is not due', () => {
    const pending = new PendingAcks(true)
    expect(pending.answer(0, [0], 0)).toBe(false)
    pending.push(packet(3, 1), 0)
    expect(pending.answer(4, [0], 0)).toBe(false)
  })

  it('hold a packet back until its sync has ended, and all behind it', () => {
    const pending = new PendingAcks(false)
    pending.push(packet(0, 10, { syncNumber: 1 }), 0)
    pending.push(packet(1, 10), 0)
    expect(pending.takeDue(local(10))).toEqual([])
    expect(seqnos(pending.takeDue(local(10, { syncNumber: 1 })))).toEqual([0, 1])
  })

  it('hold the last packet back until the replica is finalized', () => {
    const pending = new PendingAcks(false)
    pending.push(packet(0, 10, { isLast: true }), 0)
    expect(pending.takeDue(local(10))).toEqual([])
    expect(pending.takeDue(local(10, { isFinalized: true }))).toMatchObject([{ isLast: true }])
  })

  it('pass a failure from behind on at once, and nothing after it', () => {
    const pending = new PendingAcks(true)
    pending.push(packet(0, 100), 0)
    pending.push(packet(1, 200), 0)
    pending.answer(0, [0, 2], 0)
    pending.answer(1, [0, 0], 0)
    expect(pending.takeDue(local(0))).toMatchObject([
      { seqno: 0, replies: [0, 0, 2], isFailure: true },
    ])
  })
})
