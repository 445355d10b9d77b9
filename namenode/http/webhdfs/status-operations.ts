/** Reads of names: status, listings, rights, home and trash (protocol reference 4.3). */
import { DfsError } from '../../../shared/errors.js'
import type { Call } from '../../service/access/call.js'
import type { Namespace } from '../../service/namespace/namespace.js'
import type { FileStatus } from '../../service/namespace/namespace-model.js'
import { fileStatusJson, genericStatusJson } from './file-status.js'
import {
  EMPTY,
  json,
  type OperationAnswer,
  type OperationRequest,
  type Operations,
  type OperationTable,
  type WebhdfsOptions,
} from './operation.js'

const PAGE_ENTRIES = 1000
const FS_ACTION = /^[r-][w-][x-]$/

export function statusOperations(options: WebhdfsOptions): OperationTable {
  return { GET: reads(options) }
}

function reads({ services }: WebhdfsOptions): Operations {
  const { namespace } = services
  const status = (request: OperationRequest) =>
    json({ FileStatus: fileStatusJson(existing(namespace, request.call, request.path), '') })
  return {
    GETFILESTATUS: status,
    // There are no symbolic links: both see the same.
    GETFILELINKSTATUS: status,
    GETLINKTARGET: ({ call, path }) => {
      existing(namespace, call, path)
      throw new DfsError('IO', `Path ${path} is not a symbolic link`)
    },
    LISTSTATUS: (request) => listStatus(namespace, request),
    LISTSTATUS_BATCH: (request) => listStatusBatch(namespace, request),
    CHECKACCESS: ({ call, path, parameters, operation }) => {
      parameters.required('fsaction', operation)
      const action = parameters.matching('fsaction', FS_ACTION) ?? ''
      namespace.checkAccess(call, path, accessMask(action))
      return EMPTY
    },
    GETHOMEDIRECTORY: ({ call }) => json({ Path: homeOf(call) }),
    GETTRASHROOT: ({ call }) => json({ Path: `${homeOf(call)}/.Trash` }),
    GETTRASHROOTS: ({ call, parameters }) =>
      json({ Paths: trashRoots(namespace, call, parameters.boolean('allusers', false)) }),
  }
}

/** @throws DfsError NOT_FOUND in Apache's words */
export function existing(namespace: Namespace, call: Call, path: string): FileStatus {
  const status = namespace.status(call, path)
  if (status === undefined) throw new DfsError('NOT_FOUND', `File does not exist: ${path}`)
  return status
}

/** Every entry, page by page while the client takes them: a directory may hold a million. */
function listStatus(namespace: Namespace, { call, path }: OperationRequest): OperationAnswer {
  const first = namespace.list(call, path, '', PAGE_ENTRIES)
  if (first === undefined) throw new DfsError('NOT_FOUND', `File ${path} does not exist.`)
  function* pieces(): Generator<string> {
    yield '{"FileStatuses":{"FileStatus":[\n'
    let page = first
    let separator = ''
    while (page !== undefined && page.entries.length > 0) {
      // A file lists as itself, with an empty name.
      const lines = page.entries.map((it) => JSON.stringify(fileStatusJson(it, it.name)))
      yield `${separator}${lines.join(',\n')}`
      separator = ',\n'
      const last = page.entries.at(-1)?.name ?? ''
      // Deleted in the middle of the listing: what was there has been shown.
      page =
        page.remainingEntries === 0 ? undefined : namespace.list(call, path, last, PAGE_ENTRIES)
    }
    yield '\n]}}\n'
  }
  return { kind: 'json-stream', pieces: pieces() }
}

function listStatusBatch(
  namespace: Namespace,
  { call, path, parameters }: OperationRequest,
): OperationAnswer {
  const page = namespace.list(call, path, parameters.text('startafter') ?? '', PAGE_ENTRIES)
  if (page === undefined) throw new DfsError('NOT_FOUND', `File ${path} does not exist.`)
  const statuses = page.entries.map((it) => fileStatusJson(it, it.name))
  return json({
    DirectoryListing: {
      partialListing: { FileStatuses: { FileStatus: statuses } },
      remainingEntries: page.remainingEntries,
    },
  })
}

function homeOf(call: Call): string {
  return `/user/${call.principal.user}`
}

/** The trash directories that exist: the caller's, or those of everybody whose home the caller may look into. */
function trashRoots(namespace: Namespace, call: Call, isForAllUsers: boolean): object[] {
  const roots: object[] = []
  const add = (home: string) => {
    const path = `${home}/.Trash`
    const status = visibleStatus(namespace, call, path)
    if (status?.kind === 'directory') roots.push(genericStatusJson(status, path))
  }
  if (!isForAllUsers) {
    add(homeOf(call))
    return roots
  }
  let startAfter = ''
  for (;;) {
    const page = namespace.list(call, '/user', startAfter, PAGE_ENTRIES)
    for (const home of page?.entries ?? []) add(`/user/${home.name}`)
    startAfter = page?.entries.at(-1)?.name ?? ''
    if (page === undefined || page.remainingEntries === 0 || startAfter === '') return roots
  }
}

function visibleStatus(namespace: Namespace, call: Call, path: string): FileStatus | undefined {
  try {
    return namespace.status(call, path)
  } catch (error) {
    if (error instanceof DfsError && error.code === 'PERMISSION_DENIED') return undefined
    throw error
  }
}

function accessMask(action: string): number {
  return [4, 2, 1].reduce((mask, bit, index) => (action[index] === '-' ? mask : mask | bit), 0)
}
