import { describe, expect, it } from 'vitest'
import {
  absolutePath,
  baseName,
  childPath,
  clusterAddress,
  isWithin,
  parentPath,
  splitUri,
} from '../../../../shared/client/remote-path.js'

describe('absolutePath()', () => {
  it.each([
    ['/', undefined, '/'],
    ['/a/b/', undefined, '/a/b'],
    ['//a///b', undefined, '/a/b'],
    ['/a/./b/../c', undefined, '/a/c'],
    ['/../../a', undefined, '/a'],
    ['a', '/user/x', '/user/x/a'],
    ['.', '/user/x', '/user/x'],
    ['../y', '/user/x', '/user/y'],
    ['', '/user/x', '/user/x'],
    ['/a b/ü%20', undefined, '/a b/ü%20'],
    ['/...', undefined, '/...'],
  ])('%j from %j is %j', (path, base, expected) => {
    expect(absolutePath(path, base)).toBe(expected)
  })
})

describe('parts of paths', () => {
  it('are found at the root as well', () => {
    expect(childPath('/', 'a')).toBe('/a')
    expect(childPath('/a', 'b')).toBe('/a/b')
    expect(parentPath('/')).toBeUndefined()
    expect(parentPath('/a')).toBe('/')
    expect(parentPath('/a/b')).toBe('/a')
    expect(baseName('/')).toBe('')
    expect(baseName('/a/b')).toBe('b')
  })

  it('a path is within itself and its ancestors, not within look-alikes', () => {
    expect(isWithin('/a', '/a')).toBe(true)
    expect(isWithin('/a/b', '/a')).toBe(true)
    expect(isWithin('/ab', '/a')).toBe(false)
    expect(isWithin('/a', '/')).toBe(true)
  })
})

describe('splitUri() and clusterAddress()', () => {
  it.each([
    ['/a', { fs: undefined, path: '/a' }],
    ['a:b', { fs: undefined, path: 'a:b' }],
    ['hdfs://h:1/a%20b', { fs: 'hdfs://h:1', path: '/a%20b' }],
    ['hdfs://h', { fs: 'hdfs://h', path: '/' }],
    ['hdfs:///a', { fs: undefined, path: '/a' }],
  ])('%s', (text, expected) => {
    expect(splitUri(text)).toEqual(expected)
  })

  it('speaks hdfs only', () => {
    expect(() => splitUri('s3a://b/x')).toThrow('No FileSystem for scheme "s3a"')
  })

  it.each([
    ['hdfs://h', { host: 'h', port: 8020 }],
    ['hdfs://h:9000', { host: 'h', port: 9000 }],
    ['hdfs://h:9000/', { host: 'h', port: 9000 }],
    ['hdfs://[::1]:9000', { host: '::1', port: 9000 }],
  ])('%s', (fs, expected) => {
    expect(clusterAddress(fs)).toEqual(expected)
  })

  it.each([
    '',
    'h:1',
    'hdfs://',
    'hdfs://h:0',
    'hdfs://h:70000',
    'hdfs://h:x',
    'hdfs://a@h:1',
    'hdfs://h/p',
  ])('refuses %j', (fs) => {
    expect(() => clusterAddress(fs)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
  })
})
