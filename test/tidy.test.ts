/** Rules of the house that neither compiler nor linter can state: who may import whom, what must not appear where. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SETTING_KEYS } from '../shared/config/settings.js'
import { ERROR_TABLE } from '../shared/errors.js'

const PROJECT = dirname(import.meta.dirname)
const ROOMS = ['shared', 'namenode', 'datanode', 'cli', 'embedded']
const MAX_LINES = 400
/** Tests repeat themselves where that reads better. */
const MAX_TEST_LINES = 500

interface SourceFile {
  /** From the project's folder, with slashes. */
  readonly path: string
  readonly text: string
  /** Paths of ours are resolved; packages and node: modules are as written. */
  readonly imports: readonly string[]
}

function readFiles(folder: string): SourceFile[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readSource(join(folder, name)))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(PROJECT, path), 'utf8')
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\s(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm),
    ...text.matchAll(/\bimport\('([^']+)'\)/g),
  ].map(([, name = '']) => name)
  const imports = specifiers.map((name) =>
    name.startsWith('.') ? normalize(join(dirname(path), name)).replace(/\.js$/, '.ts') : name,
  )
  return { path, text, imports }
}

const sources = [...ROOMS.flatMap(readFiles), readSource('index.ts')]
const tests = readFiles('test')
const roomOf = (path: string) => path.split('/')[0] ?? ''
const isOurs = (name: string) => name.endsWith('.ts')

/** Source without comments, and without what stands in quotes. */
const codeOf = (text: string) =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")

function offenders(files: readonly SourceFile[], pattern: RegExp, allowed: readonly string[] = []) {
  return files
    .filter(({ path }) => !allowed.some((prefix) => path.startsWith(prefix)))
    .flatMap(({ path, text }) =>
      codeOf(text)
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    )
}

describe('rooms', () => {
  const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
    shared: ['shared'],
    namenode: ['shared', 'namenode'],
    datanode: ['shared', 'datanode'],
    cli: ['shared', 'cli'],
    embedded: ['shared', 'embedded'],
    'index.ts': ['shared', 'embedded'],
  }
  /** The doors through which a server is started in another's process. */
  const DOORS: Readonly<Record<string, readonly string[]>> = {
    'cli/commands/namenode.ts': ['namenode/main.ts'],
    'cli/commands/datanode.ts': ['datanode/main.ts'],
    'cli/commands/restore.ts': ['namenode/offline.ts'],
    'cli/commands/verify.ts': ['namenode/offline.ts'],
    'embedded/embedded-nodes.ts': [
      'namenode/start-namenode.ts',
      'datanode/start-datanode.ts',
      'namenode/config.ts',
      'datanode/config.ts',
    ],
    'embedded/start-cluster.ts': ['namenode/config.ts', 'datanode/config.ts'],
  }

  it('import only from the rooms below them', () => {
    const forbidden = sources.flatMap(({ path, imports }) =>
      imports
        .filter(isOurs)
        .filter((target) => !MAY_IMPORT[roomOf(path)]?.includes(roomOf(target)))
        .filter((target) => !DOORS[path]?.includes(target))
        .map((target) => `${path} imports ${target}`),
    )
    expect(forbidden).toEqual([])
  })

  it('are layered inside a server: policy below service below faces and loops below start', () => {
    const LAYERS = [
      /\/policy\//,
      /\/(storage|writer|blocks|service)\//,
      /\/(rpc|http|loops|transfer|control)\//,
    ]
    const layerOf = (path: string) => {
      const layer = LAYERS.findIndex((pattern) => pattern.test(path))
      return layer < 0 ? LAYERS.length : layer
    }
    const isServer = (path: string) => /^(namenode|datanode)\//.test(path)
    /** Types of values, below every layer. */
    const isModel = (path: string) => /\/(config|namespace-model)\.ts$/.test(path)
    const forbidden = sources
      .filter(({ path }) => isServer(path) && !isModel(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => isServer(target) && !isModel(target))
          .filter((target) => layerOf(target) > layerOf(path))
          .map((target) => `${path} imports ${target}`),
      )
    expect(forbidden).toEqual([])
  })

  it('import only files that exist', () => {
    const missing = [...sources, ...tests].flatMap(({ path, imports }) =>
      imports
        .filter((target) => isOurs(target) && !existsSync(join(PROJECT, target)))
        .map((target) => `${path} imports ${target}`),
    )
    expect(missing).toEqual([])
  })
})

describe('policies are pure', () => {
  const policies = sources.filter(({ path }) => path.includes('/policy/'))

  it('import no package and nothing of Node', () => {
    const impure = policies.flatMap(({ path, imports }) =>
      imports.filter((name) => !isOurs(name)).map((name) => `${path} imports ${name}`),
    )
    expect(impure).toEqual([])
  })

  it('name no clock, chance, timer or process', () => {
    const pattern =
      /\bDate\b|Math\.random|\bset(Timeout|Interval|Immediate)\b|\bprocess\.|\bperformance\.|\basync\b|\bawait\b/
    expect(offenders(policies, pattern)).toEqual([])
  })
})

describe('the outside world comes in through seams', () => {
  it.each([
    ['wall time', /\bDate\.now\(|\bnew Date\(\)/, ['shared/clock.ts']],
    ['monotonic time', /\bperformance\.now\(|process\.hrtime/, ['shared/clock.ts']],
    ['timers', /\bset(Timeout|Interval)\(/, ['shared/clock.ts', 'shared/network.ts']],
    ['chance', /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, ['shared/random.ts']],
    [
      'the environment',
      /\bprocess\.env\b/,
      // The command line is a composition root; crash points are switched when they load, in threads too; a process that is
      // started gets one variable under another name.
      ['cli/main.ts', 'shared/crash-point.ts', 'shared/extra-certificates.ts'],
    ],
  ] as const)('%s', (_name, pattern, allowed) => {
    expect(offenders(sources, pattern, allowed)).toEqual([])
  })

  it('sockets are opened in network.ts alone', () => {
    const users = sources
      .filter(({ path }) => path !== 'shared/network.ts')
      .filter(({ text }) =>
        /import\s+\{[^}]*\b(createConnection|createServer|connect)\b[^}]*\}\s+from 'node:net'/.test(
          text,
        ),
      )
      .map(({ path }) => path)
    expect(users).toEqual([])
  })
})

describe('every file', () => {
  const files = [...sources, ...tests]

  it.each([
    ['source', sources, MAX_LINES],
    ['test', tests, MAX_TEST_LINES],
  ] as const)('of %s is not too long', (_name, group, limit) => {
    const long = group
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > limit)
    expect(long).toEqual([])
  })

  it('has a name that says what it is', () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|managers?)(\.|\/|$)/
    expect(files.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([])
  })

  it('begins by saying what it is for', () => {
    const silent = sources.filter(({ text }) => !text.startsWith('/*')).map(({ path }) => path)
    expect(silent).toEqual([])
  })

  it('is finished: nothing is put off, switched off or silenced', () => {
    const marks = [
      'TO' + 'DO',
      'FIX' + 'ME',
      'biome-' + 'ignore',
      '@ts-' + 'ignore',
      '@ts-' + 'expect-error',
    ]
    const found = files.flatMap(({ path, text }) =>
      marks.filter((mark) => text.includes(mark)).map((mark) => `${path}: ${mark}`),
    )
    expect(found).toEqual([])
    expect(offenders(tests, /\b(it|test|describe)\.(skip|only|todo|fails)\b/)).toEqual([])
  })

  it('swallows no error', () => {
    const pattern = /catch\s*(\(\w*\))?\s*\{\s*\}/
    const found = sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path)
    expect(found).toEqual([])
  })
})

describe('documentation', () => {
  const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8')

  it.each(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE'])(
    '%s is there',
    (name) => {
      expect(read(name).length).toBeGreaterThan(300)
    },
  )

  it('names every setting', () => {
    const text = read('docs/settings.md')
    expect(SETTING_KEYS.filter((key) => !text.includes(`\`${key}\``))).toEqual([])
  })

  it('names every error', () => {
    const text = read('docs/errors.md')
    expect(Object.keys(ERROR_TABLE).filter((code) => !text.includes(`\`${code}\``))).toEqual([])
  })

  it('names limits by constants and settings that are there', () => {
    const text = read('docs/limits.md')
    const named = [...text.matchAll(/`([A-Z_]{5,})`(?: in `([^`]+)`)/g)]
    expect(named.length).toBeGreaterThan(30)
    const gone = named.filter(
      ([, constant = '', path = '']) =>
        !existsSync(join(PROJECT, path)) || !new RegExp(`const ${constant}\\b`).test(read(path)),
    )
    expect(gone.map(([whole]) => whole)).toEqual([])
    const settings = [...text.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, key = '']) => key)
    expect(settings.filter((key) => !SETTING_KEYS.some((it) => it === key))).toEqual([])
  })

  it('points only to files that exist', () => {
    const broken = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'].flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(PROJECT, target)))
        .map((target) => `${document}: ${target}`),
    )
    expect(broken).toEqual([])
  })
})
