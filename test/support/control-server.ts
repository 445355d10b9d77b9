/** The namenode's side of the control protocol, as a test wants it: checks every request, records it, answers as told. */
import { createServer, type Server } from 'node:http'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { onTestFinished } from 'vitest'
import {
  type BlockEvent,
  BlockEventsRequest,
  CONTROL_PATHS,
  type Command,
  type CommandOutcome,
  HeartbeatRequest,
  RegisterRequest,
  ReportBucketsRequest,
  ReportDigestRequest,
} from '../../shared/control/messages.js'
import { waitUntil } from './wait-until.js'

const SCHEMAS: Readonly<Record<string, TSchema>> = {
  [CONTROL_PATHS.register]: RegisterRequest,
  [CONTROL_PATHS.heartbeat]: HeartbeatRequest,
  [CONTROL_PATHS.blockEvents]: BlockEventsRequest,
  [CONTROL_PATHS.reportDigest]: ReportDigestRequest,
  [CONTROL_PATHS.reportBuckets]: ReportBucketsRequest,
}

export const TOKEN = 'token-of-the-cluster'

export class ControlServer {
  epoch = 1
  clusterId = 'CID-test'
  blockPoolId = 'BP-1-127.0.0.1-1'
  session = 'session-1'
  heartbeatIntervalMs = 50
  fullReportIntervalMs = 3_600_000
  /** Answers to full reports: which buckets to list. */
  differing: number[] = []
  /** Refuses everything with this status and code. */
  refusal: { readonly status: number; readonly code: string } | undefined
  readonly registrations: RegisterRequest[] = []
  readonly heartbeats: HeartbeatRequest[] = []
  readonly eventBatches: BlockEvent[][] = []
  readonly digests: ReportDigestRequest[] = []
  readonly buckets: ReportBucketsRequest[] = []
  readonly outcomes: CommandOutcome[] = []
  /** Requests that no schema or token allowed: a test of the node has failed. */
  readonly faults: string[] = []
  readonly #server: Server
  #commands: Command[] = []
  #ids = 0

  static async start(): Promise<ControlServer> {
    const control = new ControlServer()
    await new Promise<void>((resolve) => control.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      control.#server.closeAllConnections()
      control.#server.close()
    })
    return control
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { authorization } = request.headers
        if (authorization !== `Bearer ${TOKEN}`) this.faults.push('a request without the token')
        const { status, body } = this.#answer(
          request.url ?? '',
          JSON.parse(Buffer.concat(chunks).toString('utf8')),
        )
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      })
    })
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  get events(): BlockEvent[] {
    return this.eventBatches.flat()
  }

  /** Forgets the session, as a restarted namenode does. */
  restart(epoch = this.epoch + 1): void {
    this.epoch = epoch
    this.session = `session-of-epoch-${epoch}`
  }

  /** Gives a command with the next heartbeat and resolves with its outcome. */
  async command(command: Record<string, unknown>, epoch = this.epoch): Promise<CommandOutcome> {
    this.#ids += 1
    const commandId = String(command['commandId'] ?? `command-${this.#ids}`)
    const before = this.outcomes.length
    this.#commands.push({ commandId, epoch, ...command } as Command)
    return await waitUntil(
      () => this.outcomes.slice(before).find((it) => it.commandId === commandId),
      { what: `the outcome of ${commandId}`, timeoutMs: 10_000 },
    )
  }

  #answer(path: string, body: unknown): { status: number; body: unknown } {
    const schema = SCHEMAS[path]
    if (schema === undefined || !Value.Check(schema, body)) {
      const error = schema === undefined ? undefined : Value.Errors(schema, body).First()
      this.faults.push(`${path}: ${error?.path} ${error?.message}`)
      return { status: 400, body: { code: 'ILLEGAL_ARGUMENT', detail: 'not of the schema' } }
    }
    if (this.refusal !== undefined) {
      const { status, code } = this.refusal
      return { status, body: { code, detail: 'refused by the test' } }
    }
    const { epoch } = this
    if (path === CONTROL_PATHS.register) {
      this.registrations.push(body as RegisterRequest)
      const { clusterId, blockPoolId, heartbeatIntervalMs, fullReportIntervalMs } = this
      const identity = { clusterId, blockPoolId, epoch, sessionId: this.session }
      return { status: 200, body: { ...identity, heartbeatIntervalMs, fullReportIntervalMs } }
    }
    if ((body as { sessionId: string }).sessionId !== this.session) {
      return { status: 410, body: { code: 'UNREGISTERED_DATANODE', detail: 'who are you' } }
    }
    switch (path) {
      case CONTROL_PATHS.heartbeat: {
        this.heartbeats.push(body as HeartbeatRequest)
        this.outcomes.push(...(body as HeartbeatRequest).outcomes)
        return { status: 200, body: { epoch, commands: this.#commands.splice(0) } }
      }
      case CONTROL_PATHS.blockEvents:
        this.eventBatches.push((body as BlockEventsRequest).events)
        return { status: 200, body: { epoch } }
      case CONTROL_PATHS.reportDigest:
        this.digests.push(body as ReportDigestRequest)
        return { status: 200, body: { epoch, differing: this.differing } }
      default:
        this.buckets.push(body as ReportBucketsRequest)
        return { status: 200, body: { epoch } }
    }
  }
}
