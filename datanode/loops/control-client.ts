/** How a datanode calls its namenode: JSON over HTTP, kept alive, with a deadline on every call (HDFS-4858 had none). */
import { Agent, request as httpRequest } from 'node:http'
import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Clock } from '../../shared/clock.js'
import { DfsError, ERROR_TABLE, type ErrorCode, toDfsError } from '../../shared/errors.js'

/** The seam: a simulation hands in its own. */
export interface ControlClient {
  /**
   * Calls the namenode once.
   * @throws DfsError with the namenode's code, or CONNECTION_REFUSED, CONNECTION_LOST, TIMEOUT, MALFORMED_MESSAGE
   */
  call<Reply extends TSchema>(
    path: string,
    body: unknown,
    reply: Reply,
    timeoutMs: number,
  ): Promise<Static<Reply>>
  /** The namenode's wall clock now, as far as its answers have told. */
  namenodeWallMs?(): number | undefined
  close(): void
}

/** A namenode never answers more: 10,000 commands with eight targets each. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024
/** Heartbeat, events and reports at the same time, and one to spare. */
const MAX_SOCKETS = 4

export class HttpControlClient implements ControlClient {
  readonly #baseUrl: string
  readonly #authorization: string
  readonly #clock: Clock
  /** Of the last answer: what its clock said, and our steady one. */
  #answered: { readonly wallMs: number; readonly atMs: number } | undefined
  #isClosed = false
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, noDelay: true })

  constructor(options: {
    readonly baseUrl: string
    readonly token: string
    readonly clock: Clock
  }) {
    this.#baseUrl = options.baseUrl.replace(/\/$/, '')
    this.#authorization = `Bearer ${options.token}`
    this.#clock = options.clock
  }

  async call<Reply extends TSchema>(
    path: string,
    body: unknown,
    reply: Reply,
    timeoutMs: number,
  ): Promise<Static<Reply>> {
    if (this.#isClosed) throw new DfsError('SHUTTING_DOWN', 'the datanode is shutting down')
    const { status, text } = await this.#exchange(path, JSON.stringify(body), timeoutMs)
    const value = parseJson(text, path)
    if (status !== 200) throw problemError(status, value, path)
    if (Value.Check(reply, value)) return value
    throw new DfsError('MALFORMED_MESSAGE', `the namenode's answer to ${path} is not understood`)
  }

  #exchange(path: string, body: string, timeoutMs: number) {
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const request = httpRequest(`${this.#baseUrl}${path}`, {
        method: 'POST',
        agent: this.#agent,
        headers: {
          authorization: this.#authorization,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      })
      const cancel = this.#clock.after(timeoutMs, () => {
        request.destroy(new DfsError('TIMEOUT', `no answer to ${path} within ${timeoutMs} ms`))
      })
      const fail = (error: Error) => {
        cancel()
        reject(toDfsError(error))
      }
      request.once('error', fail)
      request.once('response', (response) => {
        this.#noteTime(response.headers.date)
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          chunks.push(chunk)
          if (bytes > MAX_REPLY_BYTES) {
            request.destroy(new DfsError('TOO_LARGE', `the answer to ${path} is too long`))
          }
        })
        response.once('error', fail)
        response.once('end', () => {
          cancel()
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          })
        })
        response.once('close', () => {
          if (!response.complete) fail(new DfsError('CONNECTION_LOST', `half an answer to ${path}`))
        })
      })
      request.end(body)
    })
  }

  namenodeWallMs(): number | undefined {
    if (this.#answered === undefined) return undefined
    const { wallMs, atMs } = this.#answered
    return wallMs + this.#clock.monotonicMs() - atMs
  }

  /** @param date of HTTP's header, in whole seconds */
  #noteTime(date: string | undefined): void {
    const wallMs = Date.parse(date ?? '')
    if (Number.isNaN(wallMs)) return
    this.#answered = { wallMs, atMs: this.#clock.monotonicMs() }
  }

  close(): void {
    this.#isClosed = true
    this.#agent.destroy()
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DfsError('MALFORMED_MESSAGE', `the answer to ${path} is not JSON`, { cause: error })
  }
}

/** The namenode's problem document as the error that it stands for. */
function problemError(status: number, value: unknown, path: string): DfsError {
  const fields = typeof value === 'object' && value !== null ? value : {}
  const code = 'code' in fields && isErrorCode(fields.code) ? fields.code : 'REMOTE'
  const detail = 'detail' in fields && typeof fields.detail === 'string' ? fields.detail : ''
  return new DfsError(code, detail === '' ? `${path} was answered with ${status}` : detail)
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value)
}
