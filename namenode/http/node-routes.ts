/** Orders for datanodes and how far they have come: what `dfs node` shows and does. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DfsError } from '../../shared/errors.js'
import { singleParameters } from '../../shared/http/query.js'
import type { NodeOrder } from '../policy/admin-state.js'
import { audited, auditedRead } from '../service/access/audited-call.js'
import type { Call } from '../service/access/call.js'
import type { DatanodeView } from '../service/blocks/block-manager.js'
import type { NodeAdministrationView } from '../service/nodes/node-administration.js'
import type { NamenodeServices } from '../service/services.js'

export interface NodeRoutesOptions {
  readonly services: NamenodeServices
  /** The circumstances of a request, made by its `user.name`. */
  readonly callOf: (request: FastifyRequest) => Call
}

/** Ten years: longer is a mistake in the unit. */
const MAX_MAINTENANCE_MS = 10 * 365 * 24 * 3_600_000

export function registerNodeRoutes(app: FastifyInstance, options: NodeRoutesOptions): void {
  const { services, callOf } = options
  const { administration, audit } = services
  app.get('/api/v1/nodes', (request) => {
    const call = callOf(request)
    // The name that the same question has over RPC.
    return auditedRead(audit, call, { command: 'datanodeReport' }, () => ({
      nodes: describeNodes(services, call),
    }))
  })
  app.put<{ Params: { node: string } }>('/api/v1/nodes/:node/order', async (request) => {
    const call = callOf(request)
    const { node } = request.params
    const uuid = await audited(audit, call, { command: 'orderNode', target: node }, () => {
      const order = parseOrder(singleParameters(request.query), services.clock.wallMs())
      return administration.order(call, node, order)
    })
    return { nodes: describeNodes(services, call).filter((it) => it.uuid === uuid) }
  })
  app.delete<{ Params: { node: string } }>('/api/v1/nodes/:node', async (request) => {
    const call = callOf(request)
    const { node } = request.params
    return await audited(audit, call, { command: 'forgetNode', target: node }, () => {
      const isForced = singleParameters(request.query)['force'] === 'true'
      return services.forgetting.forget(call, node, isForced)
    })
  })
  app.get<{ Params: { node: string } }>('/api/v1/nodes/:node/loss', async (request) => {
    const call = callOf(request)
    const { node } = request.params
    const about = { command: 'forecastLoss', target: node, isRead: true }
    return await audited(audit, call, about, () => services.lossForecasts.of(call, node))
  })
  app.post('/api/v1/nodes/refresh', async (request) => {
    const call = callOf(request)
    await audited(audit, call, { command: 'refreshNodes' }, () => administration.refresh(call))
    return { nodes: describeNodes(services, call) }
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

function describeNodes(services: NamenodeServices, call: Call) {
  const views = new Map(services.administration.views().map((it) => [it.node, it]))
  return services.blockManager.datanodes().map((node) => ({
    ...describe(node),
    ...describeOrder(views.get(node.uuid), services, call),
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

/** Paths only for a superuser. */
function describeOrder(
  view: NodeAdministrationView | undefined,
  { namespace }: NamenodeServices,
  { principal }: Call,
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
      openFiles: principal.isSuperuser ? openFiles.flatMap((it) => namespace.pathOf(it) ?? []) : [],
    },
  }
}

/** null for what lasts until somebody changes a list. */
function isoTime(timeMs: number): string | null {
  const latest = 8.64e15
  return timeMs > latest ? null : new Date(timeMs).toISOString()
}
