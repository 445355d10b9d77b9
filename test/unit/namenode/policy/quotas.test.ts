import { describe, expect, it } from 'vitest'
import {
  binaryPrefix,
  changedQuota,
  checkQuota,
  NO_QUOTA,
} from '../../../../namenode/policy/quotas.js'
import type { TypeSpace } from '../../../../namenode/policy/type-usage.js'

describe('a quota', () => {
  const quota = { names: 3, spaceBytes: 100, typeSpaceBytes: { DISK: 50 } }

  it('is kept, cleared and set, each limit by itself', () => {
    expect(changedQuota(quota, { names: 'keep', spaceBytes: 7 })).toEqual({
      ...quota,
      spaceBytes: 7,
    })
    expect(changedQuota(quota, { names: 'clear', spaceBytes: 'keep' }).names).toBeUndefined()
    expect(changedQuota(quota, { names: 'keep', spaceBytes: 9, storageType: 'SSD' })).toEqual({
      ...quota,
      typeSpaceBytes: { DISK: 50, SSD: 9 },
    })
    expect(
      changedQuota(quota, { names: 'keep', spaceBytes: 'clear', storageType: 'DISK' })
        .typeSpaceBytes,
    ).toEqual({})
  })

  it('is no negative number, in Hadoop’s words', () => {
    expect(() => changedQuota(NO_QUOTA, { names: -5, spaceBytes: 'clear' })).toThrow(
      'Illegal value for nsQuota or ssQuota : -5 and -1',
    )
    expect(() => changedQuota(NO_QUOTA, { names: 1, spaceBytes: 2, storageType: 'SSD' })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_ACTION' }),
    )
  })
})

describe('asking a quota', () => {
  const limit = { names: 3, spaceBytes: 3 * 2 ** 20, typeSpaceBytes: {} }
  const ask = (
    used: { names: number; spaceBytes: number },
    added: { names: number; spaceBytes: number },
    isOneByOne = false,
  ) =>
    checkQuota(
      '/q',
      limit,
      { ...used, typeSpaceBytes: {} },
      { ...added, typeSpaceBytes: {}, isOneByOne },
    )

  it('lets through what just fits, and all that adds nothing', () => {
    ask({ names: 2, spaceBytes: 0 }, { names: 1, spaceBytes: 3 * 2 ** 20 })
    ask({ names: 9, spaceBytes: 2 ** 40 }, { names: 0, spaceBytes: -1 })
  })

  it.each([
    [
      { names: 3, spaceBytes: 0 },
      { names: 1, spaceBytes: 0 },
      'The NameSpace quota (directories and files) of directory /q is exceeded: quota=3 file count=4',
    ],
    [
      { names: 2, spaceBytes: 3 },
      { names: 0, spaceBytes: 3 * 2 ** 20 },
      'The DiskSpace quota of /q is exceeded: quota = 3145728 B = 3 MB but diskspace consumed = 3145731 B = 3.00 MB',
    ],
  ])('says what there is and what there would be', (used, added, message) => {
    expect(() => ask(used, added)).toThrow(message)
  })

  it('tells the first name too many of those that come one by one', () => {
    const used = { names: 2, spaceBytes: 0 }
    expect(() => ask(used, { names: 5, spaceBytes: 0 }, true)).toThrow('file count=4')
    expect(() => ask(used, { names: 5, spaceBytes: 0 })).toThrow('file count=7')
  })

  it('by type of storage counts what is of that type', () => {
    const typed = { ...NO_QUOTA, typeSpaceBytes: { SSD: 0, DISK: 1536 } }
    const used = { names: 1, spaceBytes: 48, typeSpaceBytes: { DISK: 48 } }
    const of = (typeSpaceBytes: TypeSpace) => ({
      names: 0,
      spaceBytes: 2000,
      typeSpaceBytes,
      isOneByOne: false,
    })
    checkQuota('/q', typed, used, of({ ARCHIVE: 2000 }))
    expect(() => checkQuota('/q', typed, used, of({ DISK: 2000 }))).toThrow(
      'Quota by storage type : DISK on path : /q is exceeded. quota = 1.50 KB but space consumed = 2 KB',
    )
  })
})

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KB'],
  [1025, '1.00 KB'],
  [2 ** 20 - 1, '1.00 MB'],
  [2 ** 50 * 3, '3 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(binaryPrefix(bytes)).toBe(text)
})
