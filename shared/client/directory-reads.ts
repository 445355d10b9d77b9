/** Listing: page by page, whole trees, patterns. Memory holds a page for each open level, never a whole directory. */
import { DfsError } from '../errors.js'
import { type FileStatus, toFileStatus } from './file-status.js'
import { expandSpanningBraces, hasGlob, parseComponents } from './glob-pattern.js'
import type { NamenodeCalls } from './namenode-calls.js'
import { absolutePath, childPath } from './remote-path.js'

type Listing = Pick<NamenodeCalls, 'getListing' | 'getFileInfo'>

/** The status of `path`, or undefined when nothing is there. */
export async function statIfExists(
  namenode: Pick<NamenodeCalls, 'getFileInfo'>,
  path: string,
  signal?: AbortSignal,
): Promise<FileStatus | undefined> {
  const { fs } = await namenode.getFileInfo({ src: path }, signal)
  return fs === undefined ? undefined : toFileStatus(path, fs)
}

/**
 * The entries of a directory in byte order of their names; a file lists as itself.
 * Entries that come or go meanwhile may or may not appear; all others appear once.
 * @throws DfsError NOT_FOUND
 */
export async function* listDirectory(
  namenode: Pick<NamenodeCalls, 'getListing'>,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<FileStatus> {
  let startAfter: Uint8Array = new Uint8Array()
  for (;;) {
    const request = { src: path, startAfter, needLocation: false }
    const { dirList } = await namenode.getListing(request, signal)
    if (dirList === undefined) throw new DfsError('NOT_FOUND', `File ${path} does not exist.`)
    const last = dirList.partialListing.at(-1)?.path
    if (dirList.remainingEntries > 0 && last !== undefined && !isBehind(last, startAfter)) {
      // A server that repeats itself must not keep us for ever.
      throw new DfsError('REMOTE', `the listing of ${path} does not advance`)
    }
    for (const entry of dirList.partialListing) {
      // A file is listed as one entry without a name (protocol reference 2.3).
      const name = Buffer.from(entry.path).toString('utf8')
      yield toFileStatus(name === '' ? path : childPath(path, name), entry)
      startAfter = entry.path
    }
    if (dirList.remainingEntries === 0 || dirList.partialListing.length === 0) return
  }
}

const isBehind = (name: Uint8Array, startAfter: Uint8Array): boolean =>
  Buffer.compare(name, startAfter) > 0

/** Everything below a directory, each directory before its content; the directory itself is not among them. */
export async function* listTree(
  namenode: Pick<NamenodeCalls, 'getListing'>,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<FileStatus> {
  const open = [listDirectory(namenode, path, signal)]
  for (let deepest = open.at(-1); deepest !== undefined; deepest = open.at(-1)) {
    const { value, done } = await deepest.next()
    if (done === true) open.pop()
    else {
      yield value
      if (value.kind === 'directory') open.push(listDirectory(namenode, value.path, signal))
    }
  }
}

/**
 * What matches an absolute pattern, in order of path. A text without special characters matches what it names.
 * @returns nothing when nothing matches
 * @throws DfsError ILLEGAL_ARGUMENT for a malformed pattern
 */
export async function glob(
  namenode: Listing,
  pattern: string,
  signal?: AbortSignal,
): Promise<FileStatus[]> {
  if (!hasGlob(pattern)) {
    const status = await statIfExists(namenode, absolutePath(pattern), signal)
    return status === undefined ? [] : [status]
  }
  const found = new Map<string, FileStatus>()
  for (const alternative of expandSpanningBraces(pattern)) {
    for (const status of await matchPattern(namenode, alternative, signal)) {
      found.set(status.path, status)
    }
  }
  return [...found.values()].toSorted((a, b) => compareNames(a.path, b.path))
}

/** Byte order, as servers list: UTF-16 order differs beyond the basic plane. */
export const compareNames = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

async function matchPattern(
  namenode: Listing,
  pattern: string,
  signal: AbortSignal | undefined,
): Promise<FileStatus[]> {
  const components = parseComponents(pattern)
  // Plain components are only joined; the status at the end tells whether they exist.
  let candidates: { path: string; status: FileStatus | undefined }[] = [
    { path: '/', status: undefined },
  ]
  for (const component of components) {
    const next: typeof candidates = []
    for (const { path, status } of candidates) {
      if (status !== undefined && status.kind !== 'directory') continue
      if (component.kind === 'name') {
        next.push({ path: childPath(path, component.name), status: undefined })
      } else {
        const folder = status ?? (await statIfExists(namenode, path, signal))
        if (folder?.kind !== 'directory') continue
        for await (const entry of listDirectory(namenode, path, signal)) {
          if (component.expression.test(entry.name)) next.push({ path: entry.path, status: entry })
        }
      }
    }
    candidates = next
  }
  const found: FileStatus[] = []
  for (const { path, status } of candidates) {
    const known = status ?? (await statIfExists(namenode, path, signal))
    if (known !== undefined) found.push(known)
  }
  return found
}
