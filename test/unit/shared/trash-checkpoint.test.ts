import { describe, expect, it } from 'vitest'
import {
  checkpointName,
  checkpointTimeMs,
  isCheckpointDue,
} from '../../../shared/trash-checkpoint.js'

const MADE_MS = new Date(2026, 10, 21, 7, 5, 9).getTime()

describe('the name of a checkpoint', () => {
  it('is its local time, with a number behind it when that is taken', () => {
    expect(checkpointName(MADE_MS)).toBe('261121070509')
    expect(checkpointName(MADE_MS + 999, 2)).toBe('261121070509-2')
  })

  it.each([
    ['261121070509', MADE_MS],
    ['261121070509-2', MADE_MS],
    ['2611210705', MADE_MS - 9_000],
    ['Current', undefined],
    ['261131070509', undefined],
    ['261121250509', undefined],
    ['261121070509x', undefined],
    ['', undefined],
  ])('%s is of %s', (name, expected) => {
    expect(checkpointTimeMs(name)).toBe(expected)
  })

  it('tells when it has been kept long enough; a folder of another name never is', () => {
    expect(isCheckpointDue('261121070509', MADE_MS + 60_000, 60_000)).toBe(false)
    expect(isCheckpointDue('261121070509', MADE_MS + 60_001, 60_000)).toBe(true)
    expect(isCheckpointDue('mine', MADE_MS + 60_001, 60_000)).toBe(false)
  })
})
