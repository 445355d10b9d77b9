/** The lists of hosts that the settings name: reading the files, and Apache's two forms of them. */
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Disk } from '../../shared/disk.js'
import { DfsError, toDfsError } from '../../shared/errors.js'
import type { NodeOrder } from '../policy/admin-state.js'
import type { HostEntry, HostsLists } from '../policy/hosts-lists.js'

const MAX_FILE_BYTES = 16 * 1024 * 1024

/**
 * @param paths `dfs.hosts` and `dfs.hosts.exclude`
 * @throws DfsError CONFIGURATION when a file that is named cannot be read: an absent list is not an empty one
 */
export async function readHostsFiles(
  disk: Disk,
  paths: { readonly hosts: readonly string[]; readonly exclude: readonly string[] },
): Promise<HostsLists> {
  const texts = (of: readonly string[]) => Promise.all(of.map((it) => readText(disk, it)))
  return parseHostsLists(await texts(paths.hosts), await texts(paths.exclude))
}

async function readText(disk: Disk, path: string): Promise<string> {
  try {
    const file = await disk.open(path, 'read')
    try {
      const sizeBytes = await file.sizeBytes()
      if (sizeBytes > MAX_FILE_BYTES) throw new DfsError('TOO_LARGE', `${sizeBytes} bytes`)
      const bytes = Buffer.alloc(sizeBytes)
      const lengthBytes = await file.read(bytes, 0, sizeBytes, 0)
      return bytes.toString('utf8', 0, lengthBytes)
    } finally {
      await file.close()
    }
  } catch (error) {
    const { message } = toDfsError(error)
    throw new DfsError('CONFIGURATION', `cannot read the hosts file ${path}: ${message}`, {
      cause: error,
    })
  }
}

/** As HDFS has it: maintenance without an end lasts until the list changes. */
const FOREVER_MS = Number.MAX_SAFE_INTEGER
const MAX_ENTRIES = 100_000

const CombinedEntry = Type.Object({
  hostName: Type.String(),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  adminState: Type.Optional(
    Type.Union([
      Type.Literal('NORMAL'),
      Type.Literal('DECOMMISSIONED'),
      Type.Literal('IN_MAINTENANCE'),
    ]),
  ),
  maintenanceExpireTimeInMS: Type.Optional(Type.Integer({ minimum: 0 })),
})

/**
 * Joins the contents of all files.
 * @param hostsTexts of `dfs.hosts`: lists, or combined JSON documents
 * @throws DfsError CONFIGURATION
 */
export function parseHostsLists(
  hostsTexts: readonly string[],
  excludeTexts: readonly string[],
): HostsLists {
  const included = hostsTexts.flatMap((text) =>
    /^\s*[[{]/.test(text) ? parseCombined(text) : parseList(text, undefined),
  )
  const excluded = excludeTexts.flatMap((text) => parseList(text, { kind: 'decommission' }))
  return { included, excluded: [...excluded, ...included.filter((it) => it.order !== undefined)] }
}

/** One host in each line, what follows `#` is a comment. */
function parseList(text: string, order: NodeOrder | undefined): HostEntry[] {
  return limited(
    text
      .split('\n')
      .flatMap((line) => line.replace(/#.*/, '').split(/\s+/))
      .filter((it) => it !== '')
      .map((it) => entryOf(it, order)),
  )
}

function entryOf(text: string, order: NodeOrder | undefined): HostEntry {
  const named = /^(.+):(\d{1,5})$/.exec(text)
  // Two colons and no brackets: an IPv6 address, whose last group is no port.
  const hasPort = named !== null && (!named[1]?.includes(':') || text.startsWith('['))
  const host = (hasPort ? (named[1] ?? text) : text).replace(/^\[(.*)\]$/, '$1')
  return { host: host.toLowerCase(), port: hasPort ? Number(named[2]) : 0, order }
}

function parseCombined(text: string): HostEntry[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DfsError('CONFIGURATION', `the hosts file is no JSON document: ${reason}`, {
      cause: error,
    })
  }
  const entries = Array.isArray(document) ? document : [document]
  return limited(entries.map((it) => combinedEntryOf(it)))
}

function combinedEntryOf(entry: unknown): HostEntry {
  if (!Value.Check(CombinedEntry, entry)) {
    throw new DfsError('CONFIGURATION', `not an entry of a hosts file: ${JSON.stringify(entry)}`)
  }
  return { host: entry.hostName.toLowerCase(), port: entry.port ?? 0, order: orderOf(entry) }
}

function orderOf(entry: Static<typeof CombinedEntry>): NodeOrder | undefined {
  if (entry.adminState === 'DECOMMISSIONED') return { kind: 'decommission' }
  if (entry.adminState !== 'IN_MAINTENANCE') return undefined
  return { kind: 'maintenance', untilMs: entry.maintenanceExpireTimeInMS ?? FOREVER_MS }
}

function limited(entries: HostEntry[]): HostEntry[] {
  if (entries.length <= MAX_ENTRIES) return entries
  throw new DfsError('CONFIGURATION', `a hosts file has more than ${MAX_ENTRIES} entries`)
}
