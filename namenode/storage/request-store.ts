/** First answers of at-most-once requests (protocol reference 1.6), so that a repeat has the effect of one. */
import type { Database } from './database.js'

export interface StoredRequest {
  /** Hex of the client's 16 bytes. */
  readonly clientId: string
  readonly callId: number
  readonly user: string
  readonly operation: string
  readonly timeMs: number
  /** What the answer is rebuilt from: JSON. */
  readonly result: string
}

interface Row {
  time_ms: number
  operation: string
  user: string
  result: string
}

export class RequestStore {
  readonly #get
  readonly #put
  readonly #oldest
  readonly #prune

  constructor(database: Database) {
    this.#get = database.prepare<[Buffer, number], Row>(
      'SELECT time_ms, operation, user, result FROM request WHERE client = ? AND call = ?',
    )
    // A client id whose counter wrapped around may come back to the same number: the newest answer counts.
    this.#put = database.prepare<[Buffer, number, number, string, string, string]>(
      'INSERT OR REPLACE INTO request (client, call, time_ms, operation, user, result) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#oldest = database.prepare<[], number>('SELECT min(time_ms) FROM request').pluck()
    this.#prune = database.prepare<[number]>('DELETE FROM request WHERE time_ms < ?')
  }

  get(clientId: string, callId: number): StoredRequest | undefined {
    const row = this.#get.get(Buffer.from(clientId, 'hex'), callId)
    if (row === undefined) return undefined
    const { operation, user, result, time_ms: timeMs } = row
    return { clientId, callId, operation, user, result, timeMs }
  }

  put(request: StoredRequest): void {
    const { clientId, callId, timeMs, operation, user, result } = request
    this.#put.run(Buffer.from(clientId, 'hex'), callId, timeMs, operation, user, result)
  }

  hasBefore(timeMs: number): boolean {
    return (this.#oldest.get() ?? Number.POSITIVE_INFINITY) < timeMs
  }

  pruneBefore(timeMs: number): void {
    this.#prune.run(timeMs)
  }
}
