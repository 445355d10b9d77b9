import { describe, expect, it } from 'vitest'
import { parseInvocation, withDoubleDashes } from '../../../cli/invocation.js'

describe('parseInvocation()', () => {
  it.each([
    [['ls', '-R', '/'], 'ls', ['-R', '/'], undefined],
    [['-ls', '-R', '/'], 'ls', ['-R', '/'], undefined],
    [['dfs', '-ls', '/'], 'ls', ['/'], undefined],
    [['fs', '-ls', '/'], 'ls', ['/'], undefined],
    [['dfsadmin', '-report'], 'report', [], undefined],
    [['admin', 'safemode', 'get'], 'safemode', ['get'], undefined],
    [['dfs', '-lsr', '/a'], 'ls', ['-R', '/a'], undefined],
    [['-rmr', '/a'], 'rm', ['-r', '/a'], undefined],
    [['dus', '/a'], 'du', ['-s', '/a'], undefined],
    [['constructor'], 'constructor', [], undefined],
    [['--fs', 'hdfs://a:1', 'ls'], 'ls', [], 'hdfs://a:1'],
    [['-fs', 'hdfs://a:1', '-ls'], 'ls', [], 'hdfs://a:1'],
    [['dfs', '-fs', 'hdfs://a:1', '-ls'], 'ls', [], 'hdfs://a:1'],
    [['--fs=hdfs://a:1', 'ls'], 'ls', [], 'hdfs://a:1'],
    [['-D', 'fs.defaultFS=hdfs://b', 'ls'], 'ls', [], 'hdfs://b'],
    [['-Dfs.defaultFS=hdfs://b', 'ls'], 'ls', [], 'hdfs://b'],
    [['-D', 'fs.defaultFS=hdfs://b', '-fs', 'hdfs://a', 'ls'], 'ls', [], 'hdfs://a'],
    [['--help'], 'help', [], undefined],
    [['-help', 'ls'], 'ls', ['--help'], undefined],
    [['-help', '-ls'], 'ls', ['--help'], undefined],
    [['--version'], 'version', [], undefined],
    [[], undefined, [], undefined],
  ])('reads %j', (argv, verb, rest, fs) => {
    expect(parseInvocation(argv)).toMatchObject({ verb, arguments: rest, fs })
  })

  it('keeps what follows the verb as it is, also words that look like a tool', () => {
    expect(parseInvocation(['mkdir', 'dfs', '-p'])).toMatchObject({
      verb: 'mkdir',
      arguments: ['dfs', '-p'],
    })
  })

  it('collects the properties of -D', () => {
    expect(parseInvocation(['-D', 'dfs.replication=2', '-Da=b=c', 'put']).properties).toEqual({
      'dfs.replication': '2',
      a: 'b=c',
    })
  })

  it.each([[['-fs']], [['-D']], [['-D', 'novalue', 'ls']]])('refuses %j', (argv) => {
    expect(() => parseInvocation(argv)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('withDoubleDashes()', () => {
  const declared = new Set([
    '--skip-trash',
    '--name',
    '--nl',
    '--fs',
    '--force',
    '--preserve-attributes',
  ])

  it.each([
    [
      ['-skipTrash', '/x'],
      ['--skip-trash', '/x'],
    ],
    [
      ['--skipTrash', '/x'],
      ['--skip-trash', '/x'],
    ],
    [
      ['-name', '*.csv'],
      ['--name', '*.csv'],
    ],
    [['-nl'], ['--nl']],
    [['-fs=hdfs://a'], ['--fs=hdfs://a']],
    [
      ['-rf', '/x'],
      ['-rf', '/x'],
    ],
    [
      ['-r', '-f'],
      ['-r', '-f'],
    ],
    [
      ['--', '-name'],
      ['--', '-name'],
    ],
    [['-'], ['-']],
    [['a-name'], ['a-name']],
    [['-ptopax'], ['--preserve-attributes=topax']],
    [['-p'], ['-p']],
  ])('turns %j into %j', (argv, expected) => {
    expect(withDoubleDashes(argv, declared)).toEqual(expected)
  })
})
