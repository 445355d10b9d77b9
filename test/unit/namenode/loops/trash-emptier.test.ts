/** The trash growing old: checkpoints are made and deleted, each at its time, and nothing else is touched. */
import { expect, it } from 'vitest'
import { trashTick } from '../../../../namenode/loops/trash-emptier.js'
import type { TickOutcome } from '../../../../shared/background-loop.js'
import { checkpointName } from '../../../../shared/trash-checkpoint.js'
import { as, type Fixture, ROOT, writeFile } from '../namespace/namespace-fixture.js'
import { namespaceForEach } from '../namespace/namespace-for-each.js'

const MINUTE_MS = 60_000
const KEEP_MS = 60 * MINUTE_MS
const CHECKPOINT_MS = 20 * MINUTE_MS

let fixture: Fixture
let isInSafeMode = false
let tick: () => Promise<TickOutcome>

namespaceForEach((it) => {
  fixture = it
  isInSafeMode = false
  // A round is due at the full minutes.
  fixture.clock.nowMs = Math.ceil(fixture.clock.nowMs / CHECKPOINT_MS) * CHECKPOINT_MS
  tick = trashTick({
    namespace: fixture.namespace,
    clock: fixture.clock,
    call: ROOT,
    isInSafeMode: () => isInSafeMode,
    keepMs: KEEP_MS,
    checkpointMs: CHECKPOINT_MS,
  })
})

const trash = (user: string, path: string) =>
  writeFile(fixture.namespace, `/user/${user}/.Trash/${path}`, [100], as('hdfs'))
const names = (user: string) =>
  fixture.namespace.list(ROOT, `/user/${user}/.Trash`, '', 99)?.entries.map((it) => it.name)

/** Ticks until the loop would sleep; how long for. */
async function round(): Promise<number> {
  for (;;) {
    const outcome = await tick()
    if (outcome.kind === 'idle') return outcome.forMs
  }
}

it('makes a checkpoint at each interval and deletes it when it is old, for every user', async () => {
  const { clock } = fixture
  const users = Array.from({ length: 120 }, (_, index) => `user-${index}`)
  for (const user of users) await trash(user, 'Current/d/f')
  expect(await round()).toBe(MINUTE_MS)
  expect(names('user-7')).toEqual(['Current'])
  clock.nowMs += CHECKPOINT_MS
  await round()
  const first = checkpointName(clock.nowMs)
  for (const user of users) expect(names(user)).toEqual([first])
  await trash('user-7', 'Current/d/f')
  clock.nowMs += CHECKPOINT_MS
  await round()
  const second = checkpointName(clock.nowMs)
  expect(names('user-7')).toEqual([first, second])
  clock.nowMs += 2 * CHECKPOINT_MS
  await round()
  expect(names('user-7')).toEqual([first, second])
  clock.nowMs += CHECKPOINT_MS
  await round()
  expect(names('user-7')).toEqual([second])
  expect(names('user-8')).toEqual([])
})

it('leaves folders that are no checkpoints, and finds another name when one is taken', async () => {
  const { clock } = fixture
  await trash('eve', 'mine/f')
  await trash('eve', '000101000000/old')
  await trash('eve', 'Current/f')
  const now = checkpointName(clock.nowMs + CHECKPOINT_MS)
  await trash('eve', `${now}/f`)
  await writeFile(fixture.namespace, '/user/file', [1])
  await round()
  clock.nowMs += CHECKPOINT_MS
  await round()
  expect(names('eve')).toEqual([now, `${now}-1`, 'mine'])
})

it('waits while the cluster is in safe mode, and for a clock that was set back', async () => {
  const { clock } = fixture
  await trash('eve', 'Current/f')
  isInSafeMode = true
  clock.nowMs += CHECKPOINT_MS
  await round()
  expect(names('eve')).toEqual(['Current'])
  isInSafeMode = false
  clock.nowMs -= 100 * CHECKPOINT_MS
  await round()
  expect(names('eve')).toEqual(['Current'])
  clock.nowMs += CHECKPOINT_MS
  await round()
  expect(names('eve')).toEqual([checkpointName(clock.nowMs)])
})
