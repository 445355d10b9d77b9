/** What is at risk now, and the story of a file's blocks or of one block: what `dfs status` and `dfs explain` show. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { singleParameters } from '../../shared/http/query.js'
import { blockId } from '../../shared/ids.js'
import { auditedRead } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { NamenodeServices } from '../service/services.js'

export interface StatusRoutesOptions {
  readonly services: NamenodeServices
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

/** Blocks of one file that are explained at once. */
const MAX_BLOCKS = 100

export function registerStatusRoutes(app: FastifyInstance, options: StatusRoutesOptions): void {
  const { services } = options
  const { namespace, blockManager, safeMode, status } = services
  app.get('/api/v1/status', (request) => {
    const readiness = safeMode.readiness()
    return {
      ...status.report(options.callOf(request), safeMode.isOn),
      writes:
        readiness.kind === 'ready' ? { ready: true } : { ready: false, reason: readiness.reason },
      nodes: blockManager.datanodes().map((it) => ({
        uuid: it.uuid,
        hostname: it.hostname,
        address: `${it.addresses[0] ?? ''}:${it.transferPort}`,
        rack: it.rack,
        liveness: it.liveness,
        state: it.adminState,
        failedStorages: it.storages.filter((storage) => storage.hasFailed).length,
      })),
    }
  })
  app.get('/api/v1/explain', (request) => {
    const call = options.callOf(request)
    const { path, block } = singleParameters(request.query)
    return auditedRead(services.audit, call, { command: 'explain', path, target: block }, () => {
      if (block !== undefined) return { blocks: [status.explain(call, blockOfText(block))] }
      if (path === undefined) throw new DfsError('ILLEGAL_ARGUMENT', 'name a path or a block')
      const { status: file, blocks } = namespace.fileBlocks(call, path, 0, Number.MAX_SAFE_INTEGER)
      return {
        path,
        lengthBytes: file.lengthBytes,
        isTruncated: blocks.length > MAX_BLOCKS,
        blocks: blocks.slice(0, MAX_BLOCKS).map((it) => status.explain(call, it.id)),
      }
    })
  })
}

/** `blk_1073741825`, with a generation stamp or not, or the number alone. */
function blockOfText(text: string) {
  const id = Number(/^(?:blk_)?(\d{1,16})(?:_\d{1,16})?$/.exec(text)?.[1])
  if (Number.isSafeInteger(id) && id > 0) return blockId(id)
  throw new DfsError('ILLEGAL_ARGUMENT', `${text} is no block such as blk_1073741825`)
}
