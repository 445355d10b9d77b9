/**
 * The writer's thread: the entry of a worker. It says `ready` or `failed` once, then answers each batch with one
 * message. A composition root, like `main.ts`: its clock is the system's.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../../shared/assert.js'
import { systemClock } from '../../../shared/clock.js'
import type { State } from '../../storage/state-store.js'
import { type BatchResult, type PlainError, toPlainError } from '../../writer/group-commit.js'
import { type BatchMessage, unpackBatch } from './batch-message.js'
import type { NamespaceEffects } from './namespace-engine.js'
import type { FolderOptions } from './namespace-folder.js'
import { NamespaceWriter } from './namespace-writer.js'

export type ToThread = BatchMessage | { readonly kind: 'close' }

export type FromThread =
  | { readonly kind: 'ready'; readonly state: State }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly result: BatchResult<NamespaceEffects> }
  | { readonly kind: 'warning'; readonly fields: object; readonly event: string }
  | { readonly kind: 'closed' }

const port = present(parentPort, 'this file runs as a worker')
const tell = (message: FromThread) => port.postMessage(message)

function start(options: FolderOptions): void {
  const writer = new NamespaceWriter(options, systemClock, {
    warn: (fields, event) => tell({ kind: 'warning', fields, event }),
  })
  port.on('message', (message: ToThread) => {
    if (message.kind === 'close') {
      void writer.close().then(
        () => {
          tell({ kind: 'closed' })
          port.close()
        },
        (error) => tell({ kind: 'failed', error: toPlainError(error) }),
      )
      return
    }
    tell({ kind: 'result', result: writer.run(unpackBatch(message)) })
    writer.afterBatch()
  })
  tell({ kind: 'ready', state: writer.state })
}

try {
  start(workerData as FolderOptions)
} catch (error) {
  tell({ kind: 'failed', error: toPlainError(error) })
  port.close()
}
