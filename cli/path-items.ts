/**
 * Paths as users type them: relative to the home directory, with a cluster in front, with patterns. Messages and
 * listings show them as they were typed, so every item carries both forms.
 */
import { basename } from 'node:path'
import type { DfsClient } from '../shared/client/dfs-client.js'
import type { FileStatus } from '../shared/client/file-status.js'
import { hasGlob } from '../shared/client/glob-pattern.js'
import { absolutePath, parentPath, splitUri } from '../shared/client/remote-path.js'
import type { CommandContext } from './command.js'
import { PathError } from './path-errors.js'

/** A place in a cluster, whether or not something is there. */
export interface PathTarget {
  readonly client: DfsClient
  /** Absolute. */
  readonly path: string
  /** As typed, or made from what was typed. */
  readonly display: string
  readonly status: FileStatus | undefined
}

/** Something that exists. */
export interface PathItem extends PathTarget {
  readonly status: FileStatus
}

interface Place {
  readonly client: DfsClient
  readonly path: string
}

/** The cluster and absolute path that `text` names. Nothing is asked of the cluster. */
export function locate(context: CommandContext, text: string): Place {
  if (text === '') throw PathError.illegal('Can not create a Path from an empty string')
  const { fs, path } = splitUri(text)
  return { client: context.client(fs), path: absolutePath(path, `/user/${context.user}`) }
}

/** Looks at what one text names; patterns are taken literally. */
export async function lookUp(context: CommandContext, text: string): Promise<PathTarget> {
  const { client, path } = locate(context, text)
  return { client, path, display: text, status: await client.statIfExists(path) }
}

/**
 * What a text with or without a pattern names, in order of path.
 * @throws PathError when nothing is there
 */
export async function expand(context: CommandContext, text: string): Promise<PathItem[]> {
  const { client, path } = locate(context, text)
  const found = await client.glob(path)
  if (found.length === 0) throw PathError.notFound(text)
  if (!hasGlob(path)) return found.map((status) => ({ client, path, display: text, status }))
  const displayOf = displayLike(context, text)
  return found.map((status) => ({
    client,
    path: status.path,
    display: displayOf(status.path),
    status,
  }))
}

/** Shows matches of a pattern in the form of the pattern: with its cluster, or relative to the home directory. */
function displayLike(context: CommandContext, text: string): (path: string) => string {
  const { fs, path } = splitUri(text)
  if (fs !== undefined) return (match) => `${fs}${match}`
  if (path.startsWith('/')) return (match) => match
  const home = `/user/${context.user}/`
  return (match) => (match.startsWith(home) ? match.slice(home.length) : match)
}

/** The target `name` inside of `folder`. */
export const childDisplay = (folder: string, name: string): string => {
  if (folder === '.' || folder === '') return name
  return folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
}

/** An entry of a listed directory. */
export const childItem = (folder: PathItem, status: FileStatus): PathItem => ({
  client: folder.client,
  path: status.path,
  display: childDisplay(folder.display, status.name),
  status,
})

/** The entries of a directory, as items. */
export async function* children(folder: PathItem): AsyncGenerator<PathItem> {
  for await (const status of folder.client.list(folder.path)) yield childItem(folder, status)
}

/** Everything below a directory, as items, each directory before its content. */
export async function* descendants(folder: PathItem): AsyncGenerator<PathItem> {
  const skip = folder.path === '/' ? 1 : folder.path.length + 1
  for await (const status of folder.client.listRecursive(folder.path)) {
    const display = childDisplay(folder.display, status.path.slice(skip))
    yield { client: folder.client, path: status.path, display, status }
  }
}

/** `hdfs://host:port/path`: how Hadoop's messages qualify a path. */
export const qualified = ({ client, path }: Place): string => `${client.fs}${path}`

/** Whether the directory that would hold the target exists. */
export async function parentExists({ client, path }: Place): Promise<boolean> {
  const parent = parentPath(path)
  return parent === undefined || (await client.exists(parent))
}

/**
 * Does `work` for everything that the texts name, in their order. A failure is printed and the next one is tried, as
 * Hadoop's shell does.
 */
export async function forEachItem(
  context: CommandContext,
  texts: readonly string[],
  work: (item: PathItem) => Promise<void>,
): Promise<void> {
  for (const text of texts) {
    let items: PathItem[] = []
    try {
      items = await expand(context, text)
    } catch (error) {
      await context.fail(error)
    }
    for (const item of items) {
      try {
        await work(item)
      } catch (error) {
        await context.fail(error)
      }
    }
  }
}

/** The last component of a local path or of a text that names a path of the cluster. */
export const lastName = (text: string): string => basename(text)
