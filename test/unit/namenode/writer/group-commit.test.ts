import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommitQueue, type CommitQueueOptions } from '../../../../namenode/writer/commit-queue.js'
import { type BatchExecutor, GroupCommit } from '../../../../namenode/writer/group-commit.js'
import { AssertionFailure } from '../../../../shared/assert.js'
import { DfsError } from '../../../../shared/errors.js'
import { Database } from '../../../../shared/sqlite.js'
import { refusal } from '../namespace/namespace-fixture.js'

/** Appends numbers to a table; errors are thrown after having written, refusals in words before. */
class Numbers implements BatchExecutor<number | Error | string, readonly number[]> {
  lastTransactionId = 0
  hasWritten = false
  executed = 0
  readonly #database: Database
  #written: number[] = []
  #kept = 0
  #committed = 0

  constructor(database: Database) {
    this.#database = database
  }

  execute(request: number | Error | string): unknown {
    this.executed += 1
    this.hasWritten = false
    if (typeof request === 'string') throw new DfsError('NOT_FOUND', request)
    this.hasWritten = !(request instanceof RangeError)
    const value = typeof request === 'number' ? request : -1
    this.#database.prepare('INSERT INTO number VALUES (?)').run(value)
    this.#written.push(value)
    this.lastTransactionId += 1
    if (request instanceof EvalError && this.executed === 1) this.#database.exec('ROLLBACK')
    if (request instanceof Error) throw request
    return value * 10
  }

  keep(): void {
    this.#kept = this.#written.length
  }

  undo(): void {
    this.lastTransactionId -= this.#written.length - this.#kept
    this.#written.length = this.#kept
  }

  beforeCommit(): void {
    // Nothing is gathered.
  }

  takeEffects(): readonly number[] {
    const written = this.#written
    this.#committed = this.lastTransactionId
    this.rolledBack()
    return written
  }

  rolledBack(): void {
    this.lastTransactionId = this.#committed
    this.#written = []
    this.#kept = 0
  }
}

let database: Database
let numbers: Numbers
let events: string[]
let nowMs: number
beforeEach(() => {
  database = new Database(':memory:')
  database.exec('CREATE TABLE number (value INTEGER)')
  numbers = new Numbers(database)
  events = []
  nowMs = 0
})
afterEach(() => {
  database.close()
})

const stored = () => database.prepare('SELECT value FROM number').pluck().all()

function openQueue(
  change: Partial<CommitQueueOptions<number | Error | string, readonly number[]>> = {},
) {
  const commit = new GroupCommit({
    database,
    executor: numbers,
    onDurable: (id) => events.push(`durable ${id} in transaction: ${database.inTransaction}`),
    monotonicMs: () => nowMs,
  })
  return new CommitQueue<number | Error | string, readonly number[]>({
    runner: { run: (requests) => commit.run(requests) },
    onCommitted: (_id, effects) => events.push(`effects ${effects.join(' ')}`),
    onFatal: (error) => events.push(`fatal ${error.message}`),
    ...change,
  })
}

describe('group commit', () => {
  it('puts what arrives together into one transaction and answers only after it', async () => {
    const queue = openQueue()
    const answers = [1, 2, 3].map((value) =>
      queue.submit(value).then((answer) => {
        events.push(`answer ${answer}`)
      }),
    )
    expect(stored()).toEqual([])
    await Promise.all(answers)
    expect(events).toEqual([
      'durable 3 in transaction: false',
      'effects 1 2 3',
      'answer 10',
      'answer 20',
      'answer 30',
    ])
    expect(queue.statistics).toMatchObject({
      batches: 1,
      changes: 3,
      lastBatchChanges: 3,
      waiting: 0,
    })
  })

  it('rolls back a refused change alone', async () => {
    const queue = openQueue()
    const refused = refusal(
      queue.submit(new DfsError('NOT_FOUND', 'no such number', { details: { value: 7 } })),
    )
    const others = Promise.all([queue.submit(1), queue.submit(2)])
    expect(await refused).toBe('NOT_FOUND: no such number')
    expect(await others).toEqual([10, 20])
    expect(stored()).toEqual([1, 2])
    expect(events).toContain('effects 1 2')
  })

  it('executes nothing again for a change that is refused before it writes', async () => {
    const queue = openQueue()
    const answers = Promise.all([queue.submit(1), refusal(queue.submit('no')), queue.submit(2)])
    expect(await answers).toEqual([10, 'NOT_FOUND: no', 20])
    expect(numbers.executed).toBe(3)
    expect(stored()).toEqual([1, 2])
  })

  it('begins a batch anew when a change fails after it has written', async () => {
    const queue = openQueue()
    const failed = refusal(queue.submit(new Error('NOT NULL constraint failed')))
    const answers = Promise.all([queue.submit(1), failed, queue.submit(2), queue.submit(3)])
    expect(await answers).toEqual([10, 'INTERNAL: NOT NULL constraint failed', 20, 30])
    expect(stored()).toEqual([1, 2, 3])
    expect(queue.statistics).toMatchObject({ batches: 1, changes: 4 })
    expect(events).toContain('durable 3 in transaction: false')
  })

  it('begins a batch anew that SQLite has rolled back by itself', async () => {
    const queue = openQueue()
    const failed = refusal(queue.submit(new EvalError('interrupted')))
    const answers = Promise.all([queue.submit(1), failed, queue.submit(2)])
    expect(await answers).toEqual([10, 'INTERNAL: interrupted', 20])
    expect(stored()).toEqual([1, 2])
  })

  it('begins a batch anew when a change fails while it prepares what belongs to others', async () => {
    const queue = openQueue()
    const failed = refusal(queue.submit(new RangeError('CHECK constraint failed')))
    const answers = Promise.all([queue.submit(1), failed, queue.submit(2)])
    expect(await answers).toEqual([10, 'INTERNAL: CHECK constraint failed', 20])
    expect(stored()).toEqual([1, 2])
  })

  it('rolls back everybody when the disk is full, and goes on when there is room', async () => {
    const queue = openQueue()
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    const answers = [queue.submit(1), queue.submit(full), queue.submit(2)].map((it) => refusal(it))
    const text = "DISK_FULL: the namenode's disk is full: database or disk is full"
    expect(await Promise.all(answers)).toEqual([text, text, text])
    expect(stored()).toEqual([])
    expect(await queue.submit(5)).toBe(50)
    expect(stored()).toEqual([5])
  })

  it.each([
    ['an I/O error', Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' })],
    ['a damaged database', Object.assign(new Error('malformed'), { code: 'SQLITE_CORRUPT' })],
    ['a bug of ours', new AssertionFailure('two plus two')],
  ])('stops for good after %s', async (_name, error) => {
    const queue = openQueue()
    const answers = [queue.submit(1), queue.submit(error)].map((it) => refusal(it))
    const ending = `SHUTTING_DOWN: the namenode ends: ${error.message}. Whether`
    for (const text of await Promise.all(answers)) expect(text).toContain(ending)
    expect(await refusal(queue.submit(2))).toContain(ending)
    expect(events).toEqual([`fatal ${error.message}`])
    expect(stored()).toEqual([])
  })

  it('commits what has taken long enough and puts the rest into the next transaction', async () => {
    const commit = new GroupCommit({
      database,
      executor: numbers,
      onDurable: () => {},
      monotonicMs: () => (nowMs += 4),
    })
    const queue = openQueue({ runner: { run: (requests) => commit.run(requests) } })
    const answers = await Promise.all([1, 2, 3, 4, 5].map((value) => queue.submit(value)))
    expect(answers).toEqual([10, 20, 30, 40, 50])
    expect(queue.statistics.batches).toBe(2)
    expect(stored()).toEqual([1, 2, 3, 4, 5])
  })

  it('does not commit anything for nothing', async () => {
    const queue = openQueue()
    await refusal(queue.submit(new DfsError('NOT_FOUND', 'no')))
    expect(events.filter((it) => it.startsWith('durable'))).toEqual([])
  })

  it('finishes what waits when it is closed, and takes no more', async () => {
    const queue = openQueue()
    const answer = queue.submit(1)
    const closing = queue.close()
    expect(await refusal(queue.submit(2))).toContain('SHUTTING_DOWN')
    expect(await answer).toBe(10)
    await closing
  })

  it('gathers while a slow commit runs', async () => {
    const commit = new GroupCommit({
      database,
      executor: numbers,
      onDurable: () => {},
      monotonicMs: () => nowMs,
    })
    const gates: (() => void)[] = []
    const queue = openQueue({
      runner: {
        run: async (requests) => {
          await new Promise<void>((resolve) => gates.push(resolve))
          return commit.run(requests)
        },
      },
    })
    const first = queue.submit(1)
    await expect.poll(() => gates.length).toBe(1)
    const others = [2, 3, 4].map((value) => queue.submit(value))
    gates[0]?.()
    expect(await first).toBe(10)
    await expect.poll(() => gates.length).toBe(2)
    gates[1]?.()
    expect(await Promise.all(others)).toEqual([20, 30, 40])
    expect(queue.statistics.batches).toBe(2)
  })
})
