/** Orders for datanodes and how far they have come: what `dfs node` shows and does. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { singleParameters } from '../../shared/http/query.js'
import type { NodeOrder } from '../policy/admin-state.js'
import type { DatanodeView } from '../service/block-manager.js'
import type { Call } from '../service/call.js'
import type { NodeAdministrationView } from '../service/node-administration.js'
import type { NamenodeServices } from '../service/services.js'
import { checkUserParameter } from './user-parameter.js'

export interface NodeRoutesOptions {
  readonly services: NamenodeServices
  /** Who a request without `user.name` is. */
  readonly defaultUser: string
  readonly callOf: (request: FastifyRequest, user: string) => Call
}

/** Ten years: longer is a mistake in the unit. */
const MAX_MAINTENANCE_MS = 10 * 365 * 24 * 3_600_000

export function registerNodeRoutes(app: FastifyInstance, options: NodeRoutesOptions): void {
  const { services } = options
  const { administration } = services
  const callOf = (request: FastifyRequest, query: Readonly<Record<string, string>>) =>
    options.callOf(
      request,
      checkUserParameter('user.name', query['user.name'] ?? options.defaultUser),
    )
  app.get('/api/v1/nodes', () => ({ nodes: describeNodes(services) }))
  app.put<{ Params: { node: string } }>('/api/v1/nodes/:node/order', async (request) => {
    const query = singleParameters(request.query)
    const order = parseOrder(query, services.clock.wallMs())
    const uuid = await administration.order(callOf(request, query), request.params.node, order)
    return { nodes: describeNodes(services).filter((it) => it.uuid === uuid) }
  })
  app.post('/api/v1/nodes/refresh', async (request) => {
    const query = singleParameters(request.query)
    await administration.refresh(callOf(request, query))
    return { nodes: describeNodes(services) }
  })
}

function parseOrder(query: Readonly<Record<string, string>>, nowMs: number): NodeOrder | undefined {
  switch (query['order']) {
    case 'none':
      return undefined
    case 'decommission':
      return { kind: 'decommission' }
    case 'maintenance': {
      const forMs = Number(query['forMs'])
      if (Number.isSafeInteger(forMs) && forMs > 0 && forMs <= MAX_MAINTENANCE_MS) {
        return { kind: 'maintenance', untilMs: nowMs + forMs }
      }
      throw new DfsError('ILLEGAL_ARGUMENT', 'maintenance needs forMs, how long it lasts')
    }
    default:
      throw new DfsError('ILLEGAL_ARGUMENT', 'order must be decommission, maintenance or none')
  }
}

function describeNodes(services: NamenodeServices) {
  const views = new Map(services.administration.views().map((it) => [it.node, it]))
  return services.blockManager.datanodes().map((node) => ({
    ...describe(node),
    ...describeOrder(views.get(node.uuid), services),
  }))
}

function describe(node: DatanodeView) {
  const sum = (of: (storage: DatanodeView['storages'][number]) => number) =>
    node.storages.reduce((total, it) => total + of(it), 0)
  return {
    uuid: node.uuid,
    hostname: node.hostname,
    address: `${node.addresses[0] ?? ''}:${node.transferPort}`,
    rack: node.rack,
    liveness: node.liveness,
    lastHeartbeatAt: new Date(node.lastHeartbeatWallMs).toISOString(),
    state: node.adminState,
    blocks: sum((it) => it.blockCount),
    usedBytes: sum((it) => it.usedBytes),
    capacityBytes: sum((it) => it.capacityBytes),
  }
}

function describeOrder(
  view: NodeAdministrationView | undefined,
  { namespace }: NamenodeServices,
): object {
  if (view?.order === undefined) return {}
  const { order, origin } = view.order
  const until = order.kind === 'maintenance' ? { until: isoTime(order.untilMs) } : {}
  if (view.progress === undefined) return { order: { kind: order.kind, ...until, origin } }
  const { startedWallMs, openFiles, ...progress } = view.progress
  return {
    order: { kind: order.kind, ...until, origin },
    progress: {
      startedAt: isoTime(startedWallMs),
      ...progress,
      openFiles: openFiles.flatMap((it) => namespace.pathOf(it) ?? []),
    },
  }
}

/** null for what lasts until somebody changes a list. */
function isoTime(timeMs: number): string | null {
  const latest = 8.64e15
  return timeMs > latest ? null : new Date(timeMs).toISOString()
}
