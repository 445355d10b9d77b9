/** The fuzzer finds bugs that were put there for it, says how to repeat them, and finds none in the decoder of messages. */
import { describe, expect, it } from 'vitest'
import { describeFinding, type FuzzTarget, fuzz, inputOf } from '../../fuzz/fuzzer.js'
import { messageTarget } from '../../fuzz/message-target.js'

const broken = messageTarget((type, bytes) => {
  const value = type.decode(bytes)
  // A bug as programmers make it: a list of three items is one too many for somebody.
  for (const item of Object.values(value)) {
    if (Array.isArray(item) && item.length === 3) throw new TypeError('planted')
  }
  return value
})

describe('the fuzzer', () => {
  it('finds no bug in the decoder of messages', async () => {
    const { finding, rounds } = await fuzz(messageTarget(), { seed: 1, rounds: 3_000 })
    expect(finding === undefined ? rounds : describeFinding(finding)).toBe(3_000)
  })

  it('finds a planted bug, and the same one again with the same seed', async () => {
    const first = await fuzz(broken, { seed: 7, rounds: 3_000 })
    const second = await fuzz(broken, { seed: 7, rounds: 3_000 })
    expect(first.finding?.error).toMatchObject({ message: 'planted' })
    expect(second.finding?.input.equals(first.finding?.input ?? Buffer.alloc(0))).toBe(true)
    expect(first.finding === undefined ? '' : describeFinding(first.finding)).toContain(
      '--target message --seed 7',
    )
  })

  it('names the one input that made a target sick, also when that shows later', async () => {
    let isSick = false
    const target: FuzzTarget = {
      name: 'frail',
      make: (random) => random.bytes(1),
      feed: async ([byte]) => {
        isSick ||= byte === 0
      },
      check: async () => {
        const wasSick = isSick
        isSick = false
        if (wasSick) throw new Error('sick')
      },
    }
    const { finding } = await fuzz(target, { seed: 3, rounds: 5_000 })
    expect(finding?.input).toEqual(Buffer.from([0]))
    expect(finding === undefined ? undefined : inputOf(target, 3, finding.round)[0]).toBe(0)
  })
})
