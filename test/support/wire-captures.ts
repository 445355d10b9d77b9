/** Reads captured conversations of Apache HDFS with real clients; `test/golden/wire/README.md` explains their format. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Captures that live in this repository. */
export const GOLDEN_WIRE_FOLDER = join(import.meta.dirname, '..', 'golden', 'wire')

export interface CapturedMessage {
  /** File and line, for messages of failed tests. */
  readonly where: string
  /** Which connection: `nn#1` is the first one to the namenode, `dn2ipc#1` to the IPC port of datanode 2. */
  readonly connection: string
  readonly direction: 'to-server' | 'from-server'
  /** RPC method, data transfer operation, or `preamble`, `FIN`, `RST`, `raw` and the like. */
  readonly what: string
  readonly callId: number | undefined
  /** Set when the protocol is not ClientProtocol. */
  readonly protocol: string | undefined
  /** Set when not SUCCESS. */
  readonly status: string | undefined
  /** Decoded fields, shortened for reading. */
  readonly fields: Readonly<Record<string, unknown>>
  /** All bytes, or undefined when the capture left them out. */
  readonly bytes: Buffer | undefined
}

interface CapturedLine {
  readonly c?: string
  readonly d?: string
  readonly w?: string
  readonly id?: number
  readonly proto?: string
  readonly status?: string
  readonly f?: Record<string, unknown>
  readonly raw?: string
  readonly raw64?: string
}

/** The messages of one capture, in order of arrival. */
export function readCapture(path: string): CapturedMessage[] {
  const messages: CapturedMessage[] = []
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.length === 0) continue
    const row = JSON.parse(line) as CapturedLine
    if (row.c === undefined || row.d === undefined || row.w === undefined) continue
    messages.push({
      where: `${basename(path)}:${index + 1}`,
      connection: row.c,
      direction: row.d === '>' ? 'to-server' : 'from-server',
      what: row.w,
      callId: row.id,
      protocol: row.proto,
      status: row.status,
      fields: row.f ?? {},
      bytes: bytesOf(row),
    })
  }
  return messages
}

/** Paths of all captures of a folder. */
export function captureFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
    .map((name) => join(folder, name))
}

/** The messages of each connection, in order. */
export function byConnection(messages: readonly CapturedMessage[]): Map<string, CapturedMessage[]> {
  const connections = new Map<string, CapturedMessage[]>()
  for (const message of messages) {
    const known = connections.get(message.connection)
    if (known === undefined) connections.set(message.connection, [message])
    else known.push(message)
  }
  return connections
}

function bytesOf(row: CapturedLine): Buffer | undefined {
  if (row.raw !== undefined) return Buffer.from(row.raw, 'hex')
  return row.raw64 === undefined ? undefined : Buffer.from(row.raw64, 'base64')
}
