import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { registerHealthRoutes } from '../../../../namenode/http/health-routes.js'
import { NamenodeMetrics } from '../../../../namenode/http/metrics.js'
import { SafeMode } from '../../../../namenode/service/safe-mode.js'
import { ScriptedBlockManager } from '../../../support/scripted-block-manager.js'

it('a namenode whose background work keeps failing is not healthy, and says what fails (fault 48)', async () => {
  const app = Fastify()
  const metrics = new NamenodeMetrics()
  let failing: readonly string[] = []
  const safeMode = new SafeMode(new ScriptedBlockManager(0))
  registerHealthRoutes(app, { safeMode }, metrics, () => failing)
  try {
    const well = await app.inject('/healthz')
    expect([well.statusCode, well.json()]).toEqual([200, { status: 'ok' }])
    failing = ['replication-monitor']
    const ill = await app.inject('/healthz')
    expect([ill.statusCode, ill.json()]).toEqual([
      503,
      { status: 'background work keeps failing', failingLoops: ['replication-monitor'] },
    ])
  } finally {
    await app.close()
    metrics.close()
  }
})
