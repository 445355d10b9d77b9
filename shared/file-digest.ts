/** The SHA-256 of a file, in hexadecimal digits; read in pieces. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

const PIECE_BYTES = 1024 * 1024

/** @throws what reading throws */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    hash.update(piece)
  }
  return hash.digest('hex')
}
