import { describe, expect, it } from 'vitest'
import {
  checkDirectoryItems,
  checkNameLength,
  joinPath,
  parseNewPath,
  refuseSnapshotFolder,
  splitPath,
} from '../../../../namenode/policy/path-name.js'
import { refusal } from '../namespace/namespace-fixture.js'

describe('a path that is about to be made', () => {
  it.each([
    ['/', []],
    ['/a', ['a']],
    ['/a/b/', ['a', 'b']],
    ['/a b/ü/日本', ['a b', 'ü', '日本']],
    ['/...', ['...']],
  ])('%s is split', (path, expected) => {
    expect(parseNewPath(path, 'create')).toEqual(expected)
  })

  it.each([
    'a',
    '',
    '//',
    '/a//b',
    '/a/./b',
    '/a/../b',
    '/..',
    '/a:b',
    '/a\0b',
    '/a\ud800',
    '/a//',
  ])('%j is refused, by each operation in its own words', async (path) => {
    expect(await refusal(() => parseNewPath(path, 'create'))).toBe(
      `INVALID_PATH: Invalid path name ${path}`,
    )
    for (const operation of ['mkdirs', 'rename'] as const) {
      expect(await refusal(() => parseNewPath(path, operation))).toBe(
        `INVALID_PATH: Invalid path name Invalid file name: ${path}`,
      )
    }
  })

  it('may have 8000 characters and 1000 levels, and no more', async () => {
    const text = 'IO: mkdirs: Pathname too long.  Limit 8000 characters, 1000 levels.'
    expect(parseNewPath('/a'.repeat(1000), 'mkdirs')).toHaveLength(1000)
    expect(await refusal(() => parseNewPath('/a'.repeat(1001), 'mkdirs'))).toBe(text)
    expect(parseNewPath(`/${'x'.repeat(7999)}`, 'mkdirs')).toHaveLength(1)
    expect(await refusal(() => parseNewPath(`/${'x'.repeat(8000)}`, 'mkdirs'))).toBe(text)
  })

  it('may not use reserved names', async () => {
    expect(await refusal(() => refuseSnapshotFolder(['a', '.snapshot', 'x']))).toBe(
      'ILLEGAL_ARGUMENT: ".snapshot" is a reserved name.',
    )
    expect(await refusal(() => parseNewPath('/.reserved/x', 'mkdirs'))).toContain(
      'ILLEGAL_ARGUMENT: File name ".reserved" is reserved and cannot be created.',
    )
    expect(await refusal(() => parseNewPath('/.reserved/x', 'create'))).toContain('INVALID_PATH')
    expect(parseNewPath('/a/.reserved', 'mkdirs')).toEqual(['a', '.reserved'])
  })
})

describe('a path of something that may exist', () => {
  it('tolerates double and trailing slashes, and names nothing when it is too long', async () => {
    expect(splitPath('//a//b/')).toEqual(['a', 'b'])
    expect(splitPath('/a/../b')).toEqual(['a', '..', 'b'])
    expect(splitPath(`/${'x'.repeat(8000)}`)).toBeUndefined()
    expect(await refusal(() => splitPath('a'))).toContain('INVALID_PATH')
  })
})

describe('limits of a directory', () => {
  it('are 255 bytes for a name, not characters', async () => {
    checkNameLength('x'.repeat(255), '/d')
    expect(await refusal(() => checkNameLength('ü'.repeat(128), '/d'))).toBe(
      `NAME_TOO_LONG: The maximum path component name limit of ${'ü'.repeat(128)} in directory /d is exceeded: limit=255 length=256`,
    )
  })

  it('are counted before a name is added', async () => {
    checkDirectoryItems(9, '/d', 10)
    expect(await refusal(() => checkDirectoryItems(10, '/d', 10))).toBe(
      'TOO_MANY_ITEMS: The directory item limit of /d is exceeded: limit=10 items=10',
    )
  })
})

it('joins the first components of a path', () => {
  expect([joinPath([]), joinPath(['a', 'b']), joinPath(['a', 'b'], 1), joinPath(['a'], 0)]).toEqual(
    ['/', '/a/b', '/a', '/'],
  )
})
