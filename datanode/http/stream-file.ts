/** Part of a file as a stream for a reply: verified bytes, and a reply cut off visibly when no replica can give them. */
import { Readable } from 'node:stream'
import type { ReadableFile } from '../../shared/client/file-streams.js'

/** Closes `file` when the stream ends, whoever ends it. */
export function streamFile(file: ReadableFile, offsetBytes: number, lengthBytes: number): Readable {
  return Readable.from(bytesOf(file, offsetBytes, lengthBytes), { objectMode: false })
}

/** Copies each chunk: its memory belongs to the reader again before the socket has taken it. */
async function* bytesOf(
  file: ReadableFile,
  offsetBytes: number,
  lengthBytes: number,
): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file.read(offsetBytes, lengthBytes)) yield Buffer.from(bytes)
  } finally {
    await file.close()
  }
}
