import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { BlockHistory } from '../../../../namenode/service/blocks/block-history.js'
import { HistoryStore } from '../../../../namenode/storage/history-store.js'
import { systemClock } from '../../../../shared/clock.js'
import { blockId } from '../../../../shared/ids.js'
import { silentLog } from '../../../../shared/log.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'dfs-history-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const row = (block: number, kind: string) => ({ atWallMs: 1, block, kind, node: 'a', detail: '' })

it('the history keeps the newest events, in order, over a restart', () => {
  const path = join(folder(), 'history.db')
  const store = new HistoryStore(path, 3)
  store.append([row(1, 'a'), row(2, 'b'), row(1, 'c')])
  store.append([row(1, 'd')])
  store.close()
  const again = new HistoryStore(path, 3)
  onTestFinished(() => again.close())
  expect(again.ofBlock(1, 10).map((it) => it.kind)).toEqual(['c', 'd'])
  expect(again.ofBlock(1, 1).map((it) => it.kind)).toEqual(['d'])
  expect(again.ofBlock(2, 10).map((it) => it.kind)).toEqual(['b'])
})

it('what was noted is there at once, and a file that cannot be written only costs history', () => {
  const path = folder()
  const good = new BlockHistory({ path: join(path, 'a.db'), clock: systemClock, log: silentLog })
  onTestFinished(() => good.close())
  good.note('received', blockId(7), 'node', 'why')
  expect(good.of(blockId(7), 10)).toMatchObject([{ kind: 'received', node: 'node', detail: 'why' }])
  writeFileSync(join(path, 'b.db'), 'no database, but long enough to look like one'.repeat(100))
  const bad = new BlockHistory({ path: join(path, 'b.db'), clock: systemClock, log: silentLog })
  onTestFinished(() => bad.close())
  bad.note('received', blockId(7))
  expect(bad.of(blockId(7), 10)).toEqual([])
})
