/** WebHDFS on a namenode without a socket, over a real namespace and a scripted block management. */
import { registerWebhdfsRoutes } from '../../namenode/http/webhdfs/routes.js'
import type { NamenodeServices } from '../../namenode/service/services.js'
import type { Clock } from '../../shared/clock.js'
import { buildHttpServer } from '../../shared/http/http-server.js'
import { silentLog } from '../../shared/log.js'
import { openNamenodeRpc } from './namenode-rpc.js'
import type { ScriptedBlockManager } from './scripted-block-manager.js'

export interface WebhdfsReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>
  readonly body: string
  /** The body as JSON. */
  json(): unknown
}

export interface NamenodeWebhdfs {
  readonly services: NamenodeServices
  readonly blockManager: ScriptedBlockManager
  /** @param url below `/webhdfs/v1` */
  ask(
    method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS',
    url: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<WebhdfsReply>
  close(): Promise<void>
}

export async function openNamenodeWebhdfs(
  options: Parameters<typeof openNamenodeRpc>[0] & {
    readonly defaultUser?: string
    /** Of the HTTP face alone. */
    readonly clock?: Clock
  } = {},
): Promise<NamenodeWebhdfs> {
  const rpc = await openNamenodeRpc(options)
  const services = { ...rpc.services, clock: options.clock ?? rpc.services.clock }
  const app = buildHttpServer({
    log: silentLog,
    clock: services.clock,
    maxConnections: 10,
    bodyWindowMs: 30_000,
    bodyLimitBytes: 1024,
    wantsBody: () => false,
  })
  void app.register((scope, _options, done) => {
    registerWebhdfsRoutes(scope, {
      services,
      rpcPort: () => 8020,
      defaultUser: options.defaultUser ?? 'dr.who',
      callOf: (_request, user) => ({
        principal: services.principals.principal(user),
        requestId: undefined,
        clientAddress: '127.0.0.1',
        localAddress: '::ffff:127.0.0.1',
      }),
    })
    done()
  })
  await app.ready()
  return {
    services,
    blockManager: rpc.blockManager,
    ask: async (method, url, headers = {}) => {
      const reply = await app.inject({ method, url: `/webhdfs/v1${url}`, headers })
      const { statusCode: status, body } = reply
      return { status, headers: reply.headers, body, json: () => JSON.parse(body) }
    },
    close: async () => {
      await app.close()
      await rpc.close()
    },
  }
}
