/**
 * A process that answers one question of `dfs sql` and ends. Its thread asks, while this main thread watches: SQLite works
 * on a statement in one go, and neither a thread in it nor its process can be ended but by a kill. A composition root, like
 * `main.ts`.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { present } from '../../../shared/assert.js'
import { systemClock } from '../../../shared/clock.js'
import { answerQuestion, type SqlAnswer, type SqlQuestion } from './sql-answer.js'

/** The namenode kills this process at the limit; this is for when it cannot. */
const GRACE_MS = 2_000
/** Of this process; SQLite is built without a limit of its own. */
const MAX_BYTES = 1024 * 1024 * 1024
const LOOK_MS = 50
const TOO_LARGE = 'this takes more than 1 GiB of memory: ask for less'

function watch(): void {
  const die = () => process.kill(process.pid, 'SIGKILL')
  process.once('disconnect', die)
  process.once('message', (question: SqlQuestion) => {
    systemClock.after(question.timeLimitMs + GRACE_MS, die)
    const worker = new Worker(new URL(import.meta.url), { workerData: question })
    worker.once('message', (answer: SqlAnswer) => process.send?.(answer))
    worker.once('error', ({ message }) => process.send?.({ kind: 'refused', message }))
    const look = () => {
      if (process.memoryUsage.rss() <= MAX_BYTES) systemClock.after(LOOK_MS, look)
      else process.send?.({ kind: 'refused', message: TOO_LARGE }, die)
    }
    look()
  })
}

if (!isMainThread) {
  present(parentPort, 'a thread of this process').postMessage(answerQuestion(workerData))
} else if (process.send !== undefined) {
  watch()
}
