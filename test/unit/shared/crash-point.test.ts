import { describe, expect, it } from 'vitest'
import { armed, crashPoint } from '../../../shared/crash-point.js'
import { ALL_CRASHES, chooseCrashes } from '../../support/crash-plan.js'

function passages(switchText: string | undefined): {
  pass: typeof crashPoint
  deaths: () => number
} {
  let deaths = 0
  const pass = armed(switchText, () => {
    deaths += 1
  })
  return { pass, deaths: () => deaths }
}

describe('a crash point', () => {
  it('is an empty function without the switch', () => {
    expect(crashPoint.toString()).toBe('() => {}')
    expect(() => crashPoint('finalize.closed')).not.toThrow()
  })

  it('ends the process at the place that the switch names, and nowhere else', () => {
    const { pass, deaths } = passages('finalize.closed')
    pass('finalize.begun')
    expect(deaths()).toBe(0)
    pass('finalize.closed')
    expect(deaths()).toBe(1)
  })

  it('can be narrowed to a kind of change, and to the n-th passage', () => {
    const { pass, deaths } = passages('change.committed/rename:2')
    for (const kind of ['create', 'rename', 'create']) pass('change.committed', kind)
    expect(deaths()).toBe(0)
    pass('change.committed', 'rename')
    pass('change.committed', 'rename')
    expect(deaths()).toBe(1)
  })
})

describe('the plan of crashes', () => {
  it('names each place once, and a sample of them', () => {
    expect(new Set(ALL_CRASHES.map(({ at }) => at)).size).toBeGreaterThan(200)
    expect(chooseCrashes('all')).toHaveLength(ALL_CRASHES.length)
    expect(chooseCrashes(undefined).length).toBeGreaterThan(5)
  })

  it('refuses a name that is none', () => {
    expect(() => chooseCrashes('finalize.nowhere')).toThrow('no crash point')
  })
})
