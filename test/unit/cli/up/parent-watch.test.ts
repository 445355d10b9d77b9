import { describe, expect, it } from 'vitest'
import {
  endsWithParent,
  firstParent,
  parentGone,
  type Standing,
} from '../../../../cli/up/parent-watch.js'
import { FakeClock } from '../../../support/fake-clock.js'

/** As a harness starts it: a child in the harness's own group and session. */
const OF_HARNESS: Standing = {
  pid: 300,
  parentPid: 200,
  processGroup: 200,
  session: 100,
  hasTerminal: false,
  ignoresHangup: false,
}

describe('whether dfs up ends with its parent', () => {
  it.each<[string, Partial<Standing>, boolean]>([
    ['of a harness', {}, true],
    ['of a harness at a terminal', { hasTerminal: true }, true],
    ['in a group of its own without a terminal', { processGroup: 300 }, true],
    [
      'where nothing but the parent is known',
      { processGroup: undefined, session: undefined },
      true,
    ],
    ['a job of a shell at a terminal', { processGroup: 300, hasTerminal: true }, false],
    ['in a session of its own', { processGroup: 300, session: 300 }, false],
    ['under nohup', { ignoresHangup: true }, false],
    ['of init', { parentPid: 1 }, false],
    ['of a process outside its container', { parentPid: 0 }, false],
  ])('%s', (_what, standing, expected) => {
    expect(endsWithParent({ ...OF_HARNESS, ...standing })).toBe(expected)
  })
})

it.each([
  ['as bin/dfs says it', '300:200', 200],
  ['not as it was said to another process', '299:200', undefined],
  ['not where it was not said', undefined, undefined],
  ['not as anything else', '300:', undefined],
])('the first parent is known %s', (_what, startedBy, expected) => {
  expect(firstParent(startedBy, 300)).toBe(expected)
})

describe('the watch over the parent', () => {
  it('tells soon when it is gone, and nothing after its end', async () => {
    const clock = new FakeClock()
    let parent = 200
    const ending = new AbortController()
    const told: string[] = []
    const watch = (name: string, signal: AbortSignal) =>
      void parentGone(clock, 200, () => parent, signal).then(() => told.push(name))
    watch('ended', ending.signal)
    watch('waiting', new AbortController().signal)
    await clock.advance(5_000)
    expect(told).toEqual([])
    ending.abort()
    parent = 1
    await clock.advance(500)
    expect(told).toEqual(['waiting'])
  })

  it('sees a parent that went before the watch began', async () => {
    const clock = new FakeClock()
    let isTold = false
    void parentGone(clock, 200, () => 1, new AbortController().signal).then(() => {
      isTold = true
    })
    await clock.advance(0)
    expect(isTold).toBe(true)
  })
})
