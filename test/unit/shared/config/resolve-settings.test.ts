import { describe, expect, it } from 'vitest'
import { resolveSettings } from '../../../../shared/config/resolve-settings.js'
import { SETTING_KEYS, SETTINGS } from '../../../../shared/config/settings.js'
import {
  readAssignments,
  readEnvironment,
  readYaml,
  type Source,
} from '../../../../shared/config/sources.js'
import { DfsError } from '../../../../shared/errors.js'

const resolve = (...sources: Source[]) => resolveSettings(sources, '/work')
const set = (...flags: string[]) => readAssignments(flags, '/work')

/** The lines of the complaint about these sources. */
function problems(...sources: Source[]): string[] {
  try {
    resolve(...sources)
  } catch (error) {
    if (error instanceof DfsError && error.code === 'CONFIGURATION')
      return error.message.split('\n')
    throw error
  }
  return []
}

describe('values', () => {
  it('are the defaults when nobody says anything', () => {
    const { values, origin } = resolve()
    expect(values['block.size']).toBe(128 * 2 ** 20)
    expect(values['liveness.stale-after']).toBe(15_000)
    expect(values['liveness.dead-after']).toBe(60_000)
    expect(values['network.bind-host']).toBe('127.0.0.1')
    expect(values['datanode.sync-on-close']).toBe(true)
    expect(origin('block.size')).toBe('default')
  })

  it('come from the flags before the environment, and from there before the file', () => {
    const file = readYaml('dfs.yaml', 'block.size: 1MiB\nreplication.target: 2\nlog.level: warn\n')
    const environment = readEnvironment(
      { DFS_BLOCK_SIZE: '2MiB', DFS_REPLICATION_TARGET: '4' },
      '/',
    )
    const { values, origin } = resolve(file, environment, set('block.size=4MiB'))
    expect(values['block.size']).toBe(4 * 2 ** 20)
    expect(values['replication.target']).toBe(4)
    expect(values['log.level']).toBe('warn')
    expect(origin('block.size')).toBe('--set block.size')
    expect(origin('replication.target')).toBe('environment DFS_REPLICATION_TARGET')
    expect(origin('log.level')).toBe('dfs.yaml:3')
  })

  it('may be nested in the file', () => {
    const { values } = resolve(readYaml('dfs.yaml', 'block:\n  size: 1MiB\n  min-size: 512\n'))
    expect(values['block.size']).toBe(2 ** 20)
    expect(values['block.min-size']).toBe(512)
  })

  it('keep the digits of a port and the words of a list as the file has them', () => {
    const { values } = resolve(
      readYaml('/etc/dfs.yaml', 'namenode.rpc-port: 9000\ndatanode.volumes: [a, "[SSD]/b"]\n'),
    )
    expect(values['namenode.rpc-port']).toBe(9000)
    expect(values['datanode.volumes']).toEqual(['/etc/a', '[SSD]/b'])
  })

  it('make relative paths absolute: from the folder of their file, else from the working directory', () => {
    const file = readYaml('/etc/dfs/dfs.yaml', 'namenode.data-folder: names\n')
    expect(resolve(file).values['namenode.data-folder']).toBe('/etc/dfs/names')
    expect(resolve(set('namenode.data-folder=names')).values['namenode.data-folder']).toBe(
      '/work/names',
    )
  })

  it("are understood under HDFS's names, with HDFS's units", () => {
    const { values } = resolve(
      set(
        'dfs.blocksize=64m',
        'dfs.replication=2',
        'dfs.heartbeat.interval=3',
        'dfs.namenode.stale.datanode.interval=30000',
      ),
    )
    expect(values['block.size']).toBe(64 * 2 ** 20)
    expect(values['replication.target']).toBe(2)
    expect(values['heartbeat.interval']).toBe(3_000)
    expect(values['liveness.stale-after']).toBe(30_000)
  })

  it.each([
    ['true', 'none'],
    ['false', 'all'],
    ['first', 'first'],
  ])("are understood in HDFS's words: %s is %s", (word, expected) => {
    const { values } = resolve(set(`dfs.datanode.drop.cache.behind.writes=${word}`))
    expect(values['datanode.cached-writes']).toBe(expected)
    expect(() => resolve(set('datanode.cached-writes=true'))).toThrow('must be one of all')
  })
})

describe('a default gives way to what somebody chose', () => {
  it.each([
    ['block.size=64KiB', 'block.min-size', 65_536],
    ['liveness.dead-after=2s', 'liveness.stale-after', 500],
    ['liveness.dead-after=2s', 'heartbeat.interval', 125],
    ['replication.maximum=2', 'replication.target', 2],
  ] as const)('with %s, %s becomes %i', (flag, key, expected) => {
    const { values, origin } = resolve(set(flag))
    expect(values[key]).toBe(expected)
    expect(origin(key)).toMatch(/^follows /)
  })
})

describe('impossible settings are refused', () => {
  it.each([
    [
      'an unknown key',
      'block.siz: 1MiB',
      'f.yaml:1: unknown setting block.siz; did you mean block.size?',
    ],
    [
      'a value of the wrong kind, with its line',
      '# first\nblock.size: big\n',
      "f.yaml:2: block.size must be a size such as 1048576, 1MiB or 128m, not 'big'",
    ],
    [
      'a duration without a unit',
      'heartbeat:\n  interval: 15\n',
      "f.yaml:2: heartbeat.interval must be a duration with its unit, such as 500ms, 15s or 10m, not '15'",
    ],
    ['a port beyond the last', 'namenode.rpc-port: 70000', "not '70000'"],
    ['a choice that is none', 'log.level: loud', 'must be one of fatal, error, warn'],
    ['a list where one value belongs', 'block.size: [1, 2]', 'block.size must be a size'],
    ['a key without a value', 'block.size:', 'f.yaml:1: block.size has no usable value'],
    ['two equal ports', 'namenode.rpc-port: 9870', 'cannot both be 9870'],
    ['a block that holds no whole chunks', 'block.size: 1000000', 'multiple of 512 bytes'],
    ['broken YAML', 'block.size: "1\n', 'f.yaml:'],
    [
      'a file that is no list of settings',
      'just text',
      'f.yaml:1: a settings file is a list of lines',
    ],
  ])('%s', (_name, yaml, complaint) => {
    expect(problems(readYaml('f.yaml', yaml)).join('\n')).toContain(complaint)
  })

  it('all at once, one line each', () => {
    const found = problems(readYaml('f.yaml', 'a: 1\nblock.size: x\n'), set('log.level=loud'))
    expect(found).toHaveLength(3)
  })

  it('when chosen values contradict each other', () => {
    expect(problems(set('liveness.stale-after=20s', 'liveness.dead-after=10s'))).toEqual([
      '--set liveness.stale-after: liveness.stale-after (20s) must be less than liveness.dead-after (10s)',
    ])
    expect(problems(set('block.size=1MiB', 'block.min-size=2MiB'))[0]).toContain(
      'block.min-size (2MiB) must not be more than block.size (1MiB)',
    )
  })

  it('when an environment variable is nearly one of ours, but not when it is somebody else’s', () => {
    expect(problems(readEnvironment({ DFS_BLOCK_SIZ: '1' }, '/'))[0]).toContain(
      'did you mean DFS_BLOCK_SIZE?',
    )
    expect(
      problems(readEnvironment({ DFS_NAMENODE_SERVICE_HOST: '10.0.0.1', DFS_FS: 'hdfs://x' }, '/')),
    ).toEqual([])
  })

  it('without repeating a secret', () => {
    expect(problems(set('cluster.token=short-secret')).join()).not.toContain('short-secret')
  })
})

describe('listening beyond this machine', () => {
  it('is refused with an explanation while nobody is authenticated', () => {
    const [problem] = problems(set('network.bind-host=0.0.0.0'))
    expect(problem).toContain('set network.allow-unauthenticated to true')
  })

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('is not what %s does', (host) => {
    expect(problems(set(`network.bind-host=${host}`))).toEqual([])
  })

  it('is possible on request', () => {
    expect(
      problems(set('network.bind-host=0.0.0.0', 'network.allow-unauthenticated=true')),
    ).toEqual([])
  })
})

it('every default is printed as text that is read back as the same value', () => {
  for (const key of SETTING_KEYS) {
    const setting = SETTINGS[key]
    if (setting.isSecret || setting.format(setting.defaultValue as never) === '') continue
    const written = setting.format(setting.defaultValue as never)
    expect(setting.parse(written, false), key).toEqual(setting.defaultValue)
  }
})
