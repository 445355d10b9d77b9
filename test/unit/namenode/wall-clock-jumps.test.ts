/**
 * One story told again and again, while the wall clock of the namenode jumps by an hour: whatever happens must happen at the
 * same times. The next heartbeat mends much of what a wrong clock does, so what matters is looked at between heartbeats.
 */
import { describe, expect, it } from 'vitest'
import { DEAD_MS, HEARTBEAT_MS, ScriptedCluster } from '../../support/scripted-cluster.js'

const HOUR_MS = 3_600_000
const STEP_MS = 250
/** 4.25 s: shorter than every time that counts here, and at another moment between heartbeats each time. */
const JUMP_STEPS = 17
const LOOKS_PER_HEARTBEAT = HEARTBEAT_MS / STEP_MS
const SLOW = { sync: { calls: 50, meanMs: 250 } }
const USUAL = { sync: { calls: 50, meanMs: 2 } }

/** Where the wall clock is at a step. */
type WallOffset = (step: number) => number

class Story {
  readonly cluster: ScriptedCluster
  readonly #offsetMs: WallOffset
  /** What was seen, by step, where it was not as before. */
  readonly seen: string[] = []
  readonly #told = new Map<string, number>()
  #step = 0
  #jumpedMs = 0
  #last = ''

  constructor(cluster: ScriptedCluster, offsetMs: WallOffset) {
    this.cluster = cluster
    this.#offsetMs = offsetMs
  }

  async pass(ms: number): Promise<void> {
    const { clock, datanodes, silent } = this.cluster
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      this.#step += 1
      const offsetMs = this.#offsetMs(this.#step)
      clock.jumpWall(offsetMs - this.#jumpedMs)
      this.#jumpedMs = offsetMs
      await clock.advance(STEP_MS)
      this.#look()
      if (this.#step % LOOKS_PER_HEARTBEAT !== 0) continue
      for (const [name, node] of datanodes) {
        if (!silent.has(name) && node.session !== undefined) await node.heartbeat()
      }
      await clock.settle()
      this.#look()
    }
  }

  note(text: string): void {
    this.seen.push(`${this.#step}: ${text}`)
  }

  /** Every node, what is missing, what is under way, and who was told what. */
  #look(): void {
    const { management, datanodes, namespace } = this.cluster
    const { blockManager, status } = management
    const counts = blockManager.statistics()
    const { kind } = blockManager.writeReadiness()
    const now = JSON.stringify([
      blockManager.datanodes().map((it) => `${it.uuid} ${it.liveness}`),
      [kind, counts.missingBlocks, counts.underReplicatedBlocks, counts.corruptBlocks],
      [counts.pendingCopies, counts.pendingDeletions],
      status.slowStorages().map((it) => it.storageId),
      [namespace.closed.length, namespace.forgotten.length],
    ])
    if (now !== this.#last) this.note(now)
    this.#last = now
    for (const [name, { received }] of datanodes) {
      const told = received.slice(this.#told.get(name) ?? 0)
      this.#told.set(name, received.length)
      for (const { kind: what, commandId } of told) this.note(`${name} ${what} ${commandId}`)
    }
  }
}

/** Nodes fall silent, die, come back and are cloned; copies, deletions and recoveries get no answer; the namenode restarts. */
async function tell(offsetMs: WallOffset): Promise<readonly string[]> {
  const cluster = await ScriptedCluster.start({ seed: 5, config: { safeModeThreshold: 1 } })
  const story = new Story(cluster, offsetMs)
  try {
    await cluster.join('a', 'b', 'c', 'd', { name: 'e', port: 9100, address: '10.0.0.5' })
    for (const node of cluster.datanodes.values()) node.latencies = USUAL
    for (let count = 0; count < 6; count += 1) await cluster.store(['a', 'b', 'c'])
    await silence(story)
    await unansweredCopies(story)
    await unansweredDeletions(story)
    await abandonedFile(story)
    await slowDisk(story)
    await clone(story)
    await restart(story)
    return story.seen
  } finally {
    await cluster.close()
  }
}

async function silence(story: Story): Promise<void> {
  const { cluster } = story
  cluster.silent.add('c')
  await story.pass(DEAD_MS + 15_000)
  cluster.silent.delete('c')
  await cluster.node('c').join()
  await story.pass(15_000)
}

async function unansweredCopies(story: Story): Promise<void> {
  const { cluster } = story
  for (const node of cluster.datanodes.values()) {
    node.intercept = ({ kind }) => (kind === 'copy' ? 'ignore' : undefined)
  }
  const block = await cluster.store(['a', 'b'], { replication: 3 })
  await story.pass(30_000)
  story.note(`copies: ${cluster.holders(block.id)}`)
  for (const node of cluster.datanodes.values()) node.intercept = () => undefined
  await story.pass(30_000)
}

async function unansweredDeletions(story: Story): Promise<void> {
  const { cluster } = story
  const block = await cluster.store(['a', 'b', 'd'])
  const d = cluster.node('d')
  d.intercept = ({ kind }) => (kind === 'delete' ? 'ignore' : undefined)
  cluster.namespace.delete(block.id)
  await story.pass(15_000)
  d.intercept = () => undefined
  await story.pass(20_000)
}

async function abandonedFile(story: Story): Promise<void> {
  const { cluster } = story
  const block = cluster.namespace.addBlock({ state: 'under-construction' })
  const writer = cluster.node('a')
  const { uuid: datanodeUuid, storage: storageId } = writer
  cluster.management.blockManager.expectReplicas(block, [{ datanodeUuid, storageId }])
  const { id, generationStamp, lengthBytes } = block
  writer.replicas.set(id, { id, generationStamp, lengthBytes, state: 'being-written' })
  writer.intercept = ({ kind, commandId }) =>
    kind === 'prepare-recovery' ? { commandId, outcome: 'refused' } : undefined
  cluster.namespace.expired = [{ holder: 'gone', files: [block.inodeId] }]
  await story.pass(3_000)
  cluster.namespace.expired = []
  await story.pass(20_000)
  writer.intercept = () => undefined
  await story.pass(20_000)
}

async function slowDisk(story: Story): Promise<void> {
  const b = story.cluster.node('b')
  b.latencies = SLOW
  await story.pass(5_000)
  b.latencies = USUAL
  await story.pass(70_000)
}

/** A second process with the folder of `e` elsewhere: refused until `e` has been silent for a while. */
async function clone(story: Story): Promise<void> {
  const { cluster } = story
  const e = cluster.node('e')
  const other = { ...e.registration(), incarnation: 'second', transferPort: 9999 }
  cluster.silent.add('e')
  for (let count = 0; count < 8; count += 1) {
    await story.pass(2 * STEP_MS)
    const isIn = await cluster.management.controlPlane.register(other).then(
      () => true,
      () => false,
    )
    story.note(`the clone of e is ${isIn ? 'in' : 'refused'}`)
    if (isIn) break
  }
  await story.pass(DEAD_MS + 5_000)
}

/** One node is never heard of again; another registers and does not report. */
async function restart(story: Story): Promise<void> {
  const { cluster } = story
  await cluster.store(['d'], { replication: 1 })
  await cluster.restartNamenode()
  story.note('the namenode starts again')
  cluster.silent.add('c')
  for (const name of ['a', 'b']) await cluster.node(name).join()
  await cluster.node('d').register()
  cluster.node('d').intercept = ({ kind }) => (kind === 'full-report' ? 'ignore' : undefined)
  await story.pass(100_000)
  cluster.node('d').intercept = () => undefined
  await cluster.node('d').report()
  await story.pass(20_000)
}

describe('a wall clock that jumps', () => {
  const undisturbed = tell(() => 0)

  it('would be noticed: a lot happens in the story', async () => {
    const seen = (await undisturbed).join('\n')
    // Silent from the start on, too.
    expect(seen.split('starts again')[1]).toContain('c dead')
    for (const what of [
      'c stale',
      'c dead',
      ' copy ',
      ' delete ',
      ' prepare-recovery ',
      ' finish-recovery ',
      'safe-mode',
      'ready',
      '["DS-b"]',
      'the clone of e is refused',
      'the clone of e is in',
    ]) {
      expect(seen).toContain(what)
    }
  })

  it.each<[string, WallOffset]>([
    ['ahead, again and again', (step) => Math.floor(step / JUMP_STEPS) * HOUR_MS],
    ['behind, again and again', (step) => -Math.floor(step / JUMP_STEPS) * HOUR_MS],
  ])('%s: everything happens at the same time', async (_, offsetMs) => {
    expect(await tell(offsetMs)).toEqual(await undisturbed)
  })
})
