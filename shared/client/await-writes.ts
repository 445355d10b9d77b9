/** Waits until a cluster that is starting would accept the first write: asks its namenode over HTTP. */
import { request } from 'node:http'
import type { Clock } from '../clock.js'
import { DfsError } from '../errors.js'

export interface AwaitWritesOptions {
  /** `http://host:port` of the namenode. */
  readonly url: string
  /** How many live datanodes belong to the cluster. */
  readonly datanodes: number
  readonly clock: Clock
  readonly signal?: AbortSignal
  /** Told every few seconds what is missing. */
  readonly onWaiting?: (reason: string) => void
  readonly limitMs?: number
}

const POLL_MS = 5
const EXPLAIN_EVERY_MS = 5_000
const DEFAULT_LIMIT_MS = 600_000

/** @throws DfsError SAFE_MODE after the limit, with what is missing; the signal's reason when it aborts */
export async function awaitWrites(options: AwaitWritesOptions): Promise<void> {
  const { clock, signal, limitMs = DEFAULT_LIMIT_MS } = options
  const beganMs = clock.monotonicMs()
  let explainedMs = beganMs
  for (;;) {
    const missing = await whatIsMissing(options)
    if (missing === undefined) return
    const nowMs = clock.monotonicMs()
    if (nowMs - beganMs > limitMs) {
      throw new DfsError('SAFE_MODE', `the cluster does not accept writes: ${missing}`)
    }
    if (nowMs - explainedMs > EXPLAIN_EVERY_MS) {
      explainedMs = nowMs
      options.onWaiting?.(missing)
    }
    await clock.sleep(POLL_MS, signal)
  }
}

async function whatIsMissing(options: AwaitWritesOptions): Promise<string | undefined> {
  const answer = await get(`${options.url}/api/v1/cluster`, options.signal)
  if (answer.status !== 200)
    return answer.body === '' ? 'the namenode does not answer' : answer.body
  const state = parseState(answer.body)
  if (state.live < options.datanodes) {
    return `${state.live} of ${options.datanodes} datanodes have registered and reported`
  }
  return state.refusal
}

/** How many datanodes are live, and why writes are refused if they are. */
function parseState(body: string): { live: number; refusal: string | undefined } {
  const state: unknown = JSON.parse(body)
  const datanodes = field(state, 'datanodes')
  const live = Array.isArray(datanodes) ? datanodes.filter(canTakeBlocks).length : 0
  const writes = field(state, 'writes')
  const refusal = field(writes, 'ready') === true ? undefined : String(field(writes, 'reason'))
  return { live, refusal }
}

/** Registered is not enough: before its first heartbeat nobody knows what room a node has. */
function canTakeBlocks(node: unknown): boolean {
  const storages = field(node, 'storages')
  return (
    field(node, 'liveness') === 'live' &&
    Array.isArray(storages) &&
    storages.some((storage) => Number(field(storage, 'capacityBytes')) > 0)
  )
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** A server that does not answer yet has status 0. */
function get(
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const options = { timeout: 5_000, ...(signal === undefined ? {} : { signal }) }
    const outgoing = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
      })
      response.on('error', (error) => resolve({ status: 0, body: error.message }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 5 s')))
    outgoing.on('error', (error) => {
      if (signal?.aborted) reject(signal.reason)
      else resolve({ status: 0, body: error.message })
    })
    outgoing.end()
  })
}
