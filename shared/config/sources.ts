/** Where settings come from: a YAML file, the environment, the command line. Each yields texts with their origin. */
import { dirname, resolve } from 'node:path'
import { isCollection, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { environmentName, SETTING_KEYS } from './settings.js'
import { suggest } from './suggest.js'

/** One assignment as somebody wrote it. */
export interface Assignment {
  readonly key: string
  readonly text: string
  /** `dfs.yaml:12`, `environment DFS_BLOCK_SIZE`, `--set` … */
  readonly origin: string
  /** What relative paths are relative to. */
  readonly folder: string
}

/** A complaint that names its place. */
export type Problem = string

export interface Source {
  readonly assignments: readonly Assignment[]
  readonly problems: readonly Problem[]
}

/**
 * A settings file. Keys may be nested or dotted, as the writer likes: `block: {size: 64MiB}` is `block.size: 64MiB`.
 * @param path as shown in messages; relative paths in the file start from its folder
 */
export function readYaml(path: string, yaml: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  const assignments: Assignment[] = []
  const problems = document.errors.map(
    (error) => `${path}:${lines.linePos(error.pos[0]).line}: ${error.message}`,
  )
  const at = (node: unknown): string => {
    const offset = isScalar(node) || isCollection(node) ? (node.range?.[0] ?? 0) : 0
    return `${path}:${lines.linePos(offset).line}`
  }
  const visit = (node: Node | null, key: string, origin: string): void => {
    if (isMap(node)) {
      for (const { key: name, value } of node.items) {
        const part = isScalar(name) ? String(name.value) : ''
        const inner = key === '' ? part : `${key}.${part}`
        visit(isScalar(value) || isCollection(value) ? value : null, inner, at(name))
      }
      return
    }
    const written = textOf(node)
    if (written === undefined) problems.push(`${origin}: ${key} has no usable value`)
    else assignments.push({ key, text: written, origin, folder: dirname(resolve(path)) })
  }
  const { contents } = document
  if (isMap(contents)) visit(contents, '', path)
  else if (contents !== null && problems.length === 0) {
    problems.push(
      `${at(contents)}: a settings file is a list of lines such as "block.size: 128MiB"`,
    )
  }
  return { assignments, problems }
}

function textOf(node: Node | null): string | undefined {
  if (isScalar(node)) return node.value === null ? undefined : (node.source ?? String(node.value))
  if (!isSeq(node)) return undefined
  const items = node.items.map((item) => (isScalar(item) ? String(item.value) : undefined))
  return items.includes(undefined) ? undefined : items.join(',')
}

/** Variables that begin with DFS_ and are no settings. */
const OTHER_VARIABLES = new Set([
  'DFS_FS',
  'DFS_CONFIG',
  'DFS_DEBUG',
  'DFS_SEED',
  'DFS_KEPT_EXTRA_CA_CERTS',
  'DFS_IGNORES_HANGUP',
  'DFS_STARTED_BY',
])

/**
 * Settings from the environment. A name that is nearly one of ours is refused; others are left alone, since container
 * platforms put variables such as DFS_NAMENODE_SERVICE_HOST into every process.
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Source {
  const keyByName = new Map(SETTING_KEYS.map((key) => [environmentName(key), key]))
  const assignments: Assignment[] = []
  const problems: Problem[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('DFS_') || OTHER_VARIABLES.has(name) || text === undefined) continue
    const key = keyByName.get(name)
    if (key !== undefined) {
      assignments.push({ key, text, origin: `environment ${name}`, folder })
    } else {
      const near = nearMiss(name, [...keyByName.keys()])
      if (near !== undefined) {
        problems.push(`environment ${name}: no such setting; did you mean ${near}?`)
      }
    }
  }
  return { assignments, problems }
}

function nearMiss(name: string, known: readonly string[]): string | undefined {
  const near = suggest(name, known)
  return near !== undefined && Math.abs(near.length - name.length) <= 2 && shareStart(near, name)
    ? near
    : undefined
}

function shareStart(a: string, b: string): boolean {
  return a.slice(0, 6) === b.slice(0, 6)
}

/** `--set key=value`, repeatable. */
export function readAssignments(flags: readonly string[], folder: string): Source {
  const assignments: Assignment[] = []
  const problems: Problem[] = []
  for (const flag of flags) {
    const equals = flag.indexOf('=')
    if (equals <= 0) problems.push(`--set ${flag}: write key=value`)
    else {
      assignments.push({
        key: flag.slice(0, equals).trim(),
        text: flag.slice(equals + 1).trim(),
        origin: `--set ${flag.slice(0, equals).trim()}`,
        folder,
      })
    }
  }
  return { assignments, problems }
}
