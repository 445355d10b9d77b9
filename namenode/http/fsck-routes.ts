/** Checks of the file system over HTTP: `/fsck` as HDFS's own client asks for it, `/api/v1/fsck` as JSON. Streamed. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../shared/clock.js'
import { toDfsError } from '../../shared/errors.js'
import { singleParameters } from '../../shared/http/query.js'
import { refuseBrowsers } from '../../shared/http/web-access.js'
import type { BlockId } from '../../shared/ids.js'
import { checkSuperuser } from '../policy/permissions.js'
import type { Audit } from '../service/access/audit.js'
import { audited } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { FoundBlock } from '../service/inspection/block-inquiry.js'
import type {
  CorruptFileAction,
  CorruptFileHandling,
} from '../service/inspection/corrupt-file-handling.js'
import type { CorruptFiles } from '../service/inspection/corrupt-files.js'
import type { FsckFile, FsckItem } from '../service/inspection/fsck-model.js'
import { blocksText, cookieOf, corruptBlocksText } from './fsck-lists.js'
import { StoragePolicySums } from './fsck-storage-policies.js'
import { type FsckTextOptions, fsckHead, fsckItemText, fsckTail } from './fsck-text.js'
import { signalOfGone } from './gone.js'
import { checkUserParameter } from './user-parameter.js'

export interface FsckRoutesOptions {
  readonly fsck: Pick<CorruptFileHandling, 'check'>
  readonly findBlock: (id: BlockId) => FoundBlock | undefined
  readonly corruptFiles: Pick<CorruptFiles, 'page'>
  readonly blockPoolId: string
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  /** Who a request without a name is. */
  readonly defaultUser: string
  readonly callOf: (request: FastifyRequest, user: string) => Call
}

interface FsckQuery {
  readonly path?: string
  readonly ugi?: string
  readonly user?: string
  readonly files?: string
  readonly blocks?: string
  readonly locations?: string
  readonly racks?: string
  readonly openforwrite?: string
  readonly strict?: string
  readonly delete?: string
  readonly move?: string
  readonly replicadetails?: string
  readonly maintenance?: string
  readonly listcorruptfileblocks?: string
  readonly startblockafter?: string
  readonly blockId?: string
  readonly upgradedomains?: string
  readonly includeSnapshots?: string
  readonly replicate?: string
  readonly storagepolicies?: string
  readonly keptForUndo?: string
}

export function registerFsckRoutes(app: FastifyInstance, options: FsckRoutesOptions): void {
  app.get('/fsck', async (request, reply) => {
    const { query, call, path, signal, action } = parse(request, reply, options)
    const short = await recorded(options, call, path, () => shortAnswer(query, call, path, options))
    if (short !== undefined) return reply.type('text/plain; charset=utf-8').send(short)
    const text = textOptions(query, call, path, options)
    const keptForUndo = query.keptForUndo !== undefined
    const choices = { ...choicesOf(query), keptForUndo }
    const items = options.fsck.check(call, { path, ...choices, signal, action })
    const policies = query.storagepolicies === undefined ? undefined : new StoragePolicySums()
    const lines = textLines(items, text, options.clock, policies)
    return reply.type('text/plain; charset=utf-8').send(Readable.from(lines))
  })
  app.get('/api/v1/fsck', async (request, reply) => {
    const { query, call, path, signal, action } = parse(request, reply, options)
    const choices = { ...choicesOf(query), keptForUndo: true }
    const items = options.fsck.check(call, { path, ...choices, signal, action })
    // The first item is asked for before the head is sent, so that a missing path is an answer of 404.
    const first = await recorded(options, call, path, () => items.next())
    const parts = jsonParts(first, items, query)
    return reply.type('application/json; charset=utf-8').send(Readable.from(parts))
  })
}

function parse(request: FastifyRequest, reply: FastifyReply, options: FsckRoutesOptions) {
  const query: FsckQuery = singleParameters(request.query)
  const action = actionOf(query)
  if (action !== 'none') refuseBrowsers(request)
  const user = checkUserParameter('ugi', query.ugi ?? query.user ?? options.defaultUser)
  return {
    query,
    path: query.path ?? '/',
    call: options.callOf(request, user),
    signal: signalOfGone(reply),
    action,
  }
}

/** The line in the audit log is of the beginning: a check of a big namespace may take hours, and need not be heard to its end. */
function recorded<T>(
  { audit }: FsckRoutesOptions,
  call: Call,
  path: string,
  begin: () => T | Promise<T>,
): Promise<T> {
  return audited(audit, call, { command: 'fsck', path, isRead: true }, begin)
}

const choicesOf = (query: FsckQuery) => ({
  strict: query.strict !== undefined,
  includeSnapshots: query.includeSnapshots !== undefined,
  replicate: query.replicate !== undefined,
})

function actionOf(query: FsckQuery): CorruptFileAction {
  if (query.move !== undefined) return 'move'
  return query.delete === undefined ? 'none' : 'delete'
}

/** Answers without a walk through the namespace. */
function shortAnswer(
  query: FsckQuery,
  call: Call,
  path: string,
  options: FsckRoutesOptions,
): string | undefined {
  if (query.blockId !== undefined) {
    checkSuperuser(call.principal, 'fsck')
    const who = { user: call.principal.user, clientAddress: call.clientAddress }
    const showMaintenance = query.maintenance !== undefined
    const wallMs = options.clock.wallMs()
    return blocksText(query.blockId, options.findBlock, { ...who, wallMs }, showMaintenance)
  }
  if (query.listcorruptfileblocks === undefined) return undefined
  checkSuperuser(call.principal, 'listCorruptFileBlocks')
  const cookie = cookieOf(query.startblockafter)
  return corruptBlocksText(path, options.corruptFiles.page(path, cookie), cookie === '0')
}

function textOptions(
  query: FsckQuery,
  call: Call,
  path: string,
  { blockPoolId }: FsckRoutesOptions,
): FsckTextOptions {
  return {
    path,
    user: call.principal.user,
    clientAddress: call.clientAddress,
    showFiles: query.files !== undefined,
    showBlocks: query.blocks !== undefined,
    showLocations: query.locations !== undefined,
    showRacks: query.racks !== undefined,
    showReplicaDetails: query.replicadetails !== undefined,
    showUpgradeDomains: query.upgradedomains !== undefined,
    showOpen: query.openforwrite !== undefined,
    blockPoolId,
  }
}

/** Failures are lines too: the status line has left when they come, and HDFS's client reads the last line. */
async function* textLines(
  items: AsyncIterable<FsckItem>,
  options: FsckTextOptions,
  clock: Clock,
  policies: StoragePolicySums | undefined,
): AsyncGenerator<string, void, undefined> {
  yield fsckHead(options, clock.wallMs())
  try {
    for await (const item of items) {
      if (item.kind === 'file') policies?.add(item)
      const text =
        item.kind === 'summary'
          ? fsckTail(item, clock.wallMs(), options, policies?.text())
          : fsckItemText(item, options)
      if (text !== '') yield text
    }
  } catch (thrown) {
    const error = toDfsError(thrown)
    if (error.code === 'NOT_FOUND') yield `\n\nPath '${options.path}' does not exist\n`
    else {
      const reason = error.code === 'INTERNAL' ? 'internal error' : error.message
      yield `${reason}\n\n\nFsck on path '${options.path}' FAILED\n`
    }
  }
}

/** One document; the summary comes last, when it is known. Files without problems only when asked for. */
async function* jsonParts(
  first: IteratorResult<FsckItem, void>,
  rest: AsyncIterable<FsckItem>,
  query: FsckQuery,
): AsyncGenerator<string, void, undefined> {
  yield '{"items":['
  let separator = '\n'
  for await (const item of chained(first, rest)) {
    if (item.kind === 'summary') {
      const { kind: _kind, ...summary } = item
      yield `\n],\n"summary":${JSON.stringify(summary)}}\n`
      return
    }
    const shown = jsonItem(item, query)
    if (shown === undefined) continue
    yield `${separator}${JSON.stringify(shown)}`
    separator = ',\n'
  }
}

async function* chained(
  first: IteratorResult<FsckItem, void>,
  rest: AsyncIterable<FsckItem>,
): AsyncGenerator<FsckItem, void, undefined> {
  if (first.done === true) return
  yield first.value
  yield* rest
}

function jsonItem(item: FsckItem, query: FsckQuery): object | undefined {
  if (item.kind === 'directory') return query.files === undefined ? undefined : item
  if (item.kind !== 'file') return item
  if (isQuiet(item) && query.files === undefined) return undefined
  if (isQuiet(item) && query.blocks === undefined) {
    const { blocks, ...file } = item
    return { ...file, blockCount: blocks.length }
  }
  return item
}

const isQuiet = (file: FsckFile) => file.problems.every((it) => it === 'open')
