import { describe, expect, it } from 'vitest'
import { javaDate } from '../../../cli/rendering/java-date.js'

describe('javaDate()', () => {
  it('has the six parts of a Java date, the year last', () => {
    const text = javaDate(Date.parse('2026-11-21T16:01:10Z'))
    expect(text).toMatch(/^\w{3} \w{3} \d{2} \d{2}:\d{2}:\d{2} \S+ 2026$/)
    // Java, and JavaScript, read it back as the same moment where the zone has a name both know.
    if (new Date().getTimezoneOffset() === 0) expect(text).toBe('Sat Nov 21 16:01:10 UTC 2026')
  })
})
