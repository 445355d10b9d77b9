import { expect, it } from 'vitest'
import { registerNodeRoutes } from '../../../../namenode/http/node-routes.js'
import { systemClock } from '../../../../shared/clock.js'
import { buildHttpServer } from '../../../../shared/http/http-server.js'
import { datanodeUuid, inodeId } from '../../../../shared/ids.js'
import { silentLog } from '../../../../shared/log.js'
import { ScriptedBlockManager } from '../../../support/scripted-block-manager.js'

it('paths of open files that hold up a node are shown to superusers alone', async () => {
  const app = buildHttpServer({
    clock: systemClock,
    log: silentLog,
    bodyLimitBytes: 1024,
    maxConnections: 10,
    bodyWindowMs: 10_000,
    wantsBody: () => false,
  })
  const blockManager = new ScriptedBlockManager(1)
  const node = blockManager.datanodes()[0]?.uuid ?? datanodeUuid('none')
  const progress = { startedWallMs: 0, openFiles: [inodeId(17_000)], remainingBlocks: 1 }
  const order = { order: { kind: 'decommission' }, origin: 'command' }
  const services = {
    audit: { record: () => undefined },
    clock: systemClock,
    blockManager,
    administration: { views: () => [{ node, state: 'decommissioning', order, progress }] },
    namespace: { pathOf: () => '/secret/report' },
  }
  registerNodeRoutes(app, {
    services: services as never,
    callOf: (request) => ({
      principal: { user: 'x', groups: [], isSuperuser: request.url.includes('root') },
      requestId: undefined,
      clientAddress: '',
      localAddress: '',
      localPort: 0,
      face: 'http',
    }),
  })
  const shown = async (url: string) => (await app.inject(url)).json().nodes[0].progress
  expect(await shown('/api/v1/nodes?user.name=root')).toMatchObject({
    openFiles: ['/secret/report'],
  })
  expect(await shown('/api/v1/nodes')).toMatchObject({ openFiles: [], remainingBlocks: 1 })
})
