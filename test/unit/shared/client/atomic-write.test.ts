import { describe, expect, it } from 'vitest'
import { afterRemoval, temporaryPathOf } from '../../../../shared/client/atomic-write.js'
import { DfsError } from '../../../../shared/errors.js'

describe('the temporary name of a file', () => {
  it('is what Apache’s shell calls it', () => {
    expect(temporaryPathOf('/a/b.txt')).toBe('/a/b.txt._COPYING_')
    expect(temporaryPathOf(`/a/${'x'.repeat(245)}`)).toBe(`/a/${'x'.repeat(245)}._COPYING_`)
  })

  it('of a long name is no longer than a name may be, and beside it', () => {
    for (const length of [246, 250, 255]) {
      const path = temporaryPathOf(`/a/${'x'.repeat(length)}`)
      expect(path).toMatch(/^\/a\/x+\.[0-9a-f]+\._COPYING_$/)
      expect(path.length - '/a/'.length).toBeLessThanOrEqual(255)
    }
  })

  it('of a long name is cut between characters', () => {
    for (const character of ['é', '語', '💾']) {
      const name = character.repeat(Math.floor(255 / Buffer.byteLength(character)))
      const temporary = temporaryPathOf(`/${name}`).slice(1)
      expect(Buffer.byteLength(temporary)).toBeLessThanOrEqual(255)
      expect(temporary).not.toContain('\ufffd')
      expect(name.startsWith(temporary.slice(0, temporary.indexOf('.')))).toBe(true)
    }
  })

  it('tells long names apart that begin alike', () => {
    const start = 'x'.repeat(254)
    expect(temporaryPathOf(`/${start}1`)).not.toBe(temporaryPathOf(`/${start}2`))
  })
})

describe('afterRemoval', () => {
  const failure = new DfsError('DISK_FULL', 'the disk is full')

  it('throws the failure itself when what was left behind is gone', async () => {
    expect(await afterRemoval(failure, '/a', async () => true)).toBe(failure)
  })

  it('keeps the failure, and says what could not be removed and why', async () => {
    const both = await afterRemoval(failure, '/a', () =>
      Promise.reject(new DfsError('SAFE_MODE', 'not now')),
    )
    expect(both).toMatchObject({
      code: 'DISK_FULL',
      message: 'the disk is full (and /a could not be removed: not now)',
      cause: failure,
    })
  })
})
