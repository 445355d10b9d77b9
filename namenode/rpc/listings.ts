/** Directory listings in pages (protocol reference 2.3). */
import { DfsError, toDfsError } from '../../shared/errors.js'
import { rpcMethod } from '../../shared/hadoop/ipc-server.js'
import type { Input } from '../../shared/hadoop/message.js'
import { CLIENT_PROTOCOL } from '../../shared/hadoop/schema/client-protocol.js'
import type { HdfsFileStatusProto } from '../../shared/hadoop/schema/hdfs.js'
import {
  type BatchedDirectoryListingProto,
  BatchedListingKeyProto,
} from '../../shared/hadoop/schema/namespace.js'
import type { Call } from '../service/access/call.js'
import type { DirectoryPage, FileStatus } from '../service/namespace/namespace-model.js'
import type { NamenodeServices } from '../service/services.js'
import { callOf } from './call.js'
import { fileStatusMessage, locatedFileMessage } from './translate.js'

/** Entries of one page, and block locations after which a page with locations ends. */
const PAGE_ENTRIES = 1000
const PAGE_LOCATIONS = 1000
const MAX_BATCHED_PATHS = 100
const NO_BYTES = new Uint8Array(0)

interface Page {
  readonly entries: readonly Input<typeof HdfsFileStatusProto>[]
  readonly remainingEntries: number
  readonly lastName: string
}

export function listings(services: NamenodeServices) {
  const { namespace, principals } = services
  return {
    getListing: rpcMethod(CLIENT_PROTOCOL.getListing, (request, context) => {
      const call = callOf(context, principals)
      const startAfter = Buffer.from(request.startAfter).toString('utf8')
      const page = namespace.list(call, request.src, startAfter, PAGE_ENTRIES)
      if (page === undefined) return {}
      const { entries, remainingEntries } = pageMessages(services, call, page, request.needLocation)
      return { dirList: { partialListing: entries, remainingEntries } }
    }),
    getBatchedListing: rpcMethod(CLIENT_PROTOCOL.getBatchedListing, (request, context) => {
      const { paths, needLocation } = request
      if (paths.length > MAX_BATCHED_PATHS) {
        throw new DfsError(
          'JAVA_ILLEGAL_ARGUMENT',
          `Too many source paths (${paths.length} > ${MAX_BATCHED_PATHS})`,
        )
      }
      const call = callOf(context, principals)
      const from = request.startAfter.length === 0 ? undefined : cursorOf(request.startAfter)
      return batch(services, call, paths, from, needLocation)
    }),
  }
}

interface Cursor {
  readonly pathIndex: number
  readonly startAfter: string
}

/** Lists several directories until a page is full; the cursor says where the next call goes on. */
function batch(
  services: NamenodeServices,
  call: Call,
  paths: readonly string[],
  from: Cursor | undefined,
  needLocation: boolean,
) {
  const lists: Input<typeof BatchedDirectoryListingProto>[] = []
  let room = PAGE_ENTRIES
  for (let index = from?.pathIndex ?? 0; index < paths.length; index += 1) {
    if (room === 0) return { listings: lists, hasMore: true, startAfter: cursorBytes(index, '') }
    const startAfter = index === from?.pathIndex ? from.startAfter : ''
    const page = pageOrException(services, call, paths[index] ?? '', startAfter, room, needLocation)
    if ('className' in page) {
      lists.push({ parentIdx: index, exception: page })
      continue
    }
    lists.push({ parentIdx: index, partialListing: page.entries })
    room -= page.entries.length
    if (page.remainingEntries > 0) {
      return { listings: lists, hasMore: true, startAfter: cursorBytes(index, page.lastName) }
    }
  }
  return { listings: lists, hasMore: false, startAfter: NO_BYTES }
}

/** A path that cannot be listed is an answer in its place, so that the others are listed. */
function pageOrException(
  services: NamenodeServices,
  call: Call,
  path: string,
  startAfter: string,
  limit: number,
  needLocation: boolean,
): Page | { readonly className: string; readonly message: string } {
  try {
    const page = services.namespace.list(call, path, startAfter, limit)
    if (page !== undefined) return pageMessages(services, call, page, needLocation)
    throw new DfsError('NOT_FOUND', `Path ${path} does not exist`)
  } catch (error) {
    const { code, javaClass, message } = toDfsError(error)
    if (code === 'INTERNAL') throw error
    return { className: javaClass, message }
  }
}

function pageMessages(
  services: NamenodeServices,
  call: Call,
  page: DirectoryPage,
  needLocation: boolean,
): Page {
  const entries: Input<typeof HdfsFileStatusProto>[] = []
  let locations = 0
  for (const status of page.entries) {
    // Cut behind the entry that fills the page, so that a file with many blocks is still listed.
    if (locations >= PAGE_LOCATIONS) break
    const located = needLocation ? locationsOf(services, call, status) : undefined
    locations += located?.count ?? 0
    entries.push(fileStatusMessage(status, status.name, located?.message))
  }
  return {
    entries,
    remainingEntries: page.remainingEntries + page.entries.length - entries.length,
    lastName: page.entries[entries.length - 1]?.name ?? '',
  }
}

function locationsOf({ located, namespace }: NamenodeServices, call: Call, status: FileStatus) {
  if (status.kind === 'directory') return undefined
  const file = located.fileOfStatus(call, status)
  const count = file.blocks.reduce((sum, it) => sum + it.replicas.length, 0)
  return { count, message: locatedFileMessage(file, namespace.identity.blockPoolId) }
}

function cursorBytes(pathIndex: number, startAfter: string): Buffer {
  return BatchedListingKeyProto.encode({
    checksum: NO_BYTES,
    pathIndex,
    startAfter: Buffer.from(startAfter),
  })
}

/** @throws DfsError MALFORMED_MESSAGE for bytes that we did not make */
function cursorOf(bytes: Uint8Array): Cursor {
  const { pathIndex, startAfter } = BatchedListingKeyProto.decode(bytes)
  return { pathIndex, startAfter: Buffer.from(startAfter).toString('utf8') }
}
