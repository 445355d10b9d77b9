/** Files of the quickstart: made, compared, harmed. */
import { createHash, randomFillSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'

export const MIB = 2 ** 20
const PIECE_BYTES = 8 * MIB

/** Random enough that nothing can cheat by compressing or sharing. */
export async function makeFile(path, lengthBytes) {
  const piece = Buffer.alloc(PIECE_BYTES)
  const file = await open(path, 'wx')
  try {
    for (let done = 0; done < lengthBytes; done += PIECE_BYTES) {
      randomFillSync(piece)
      await file.write(piece, 0, Math.min(PIECE_BYTES, lengthBytes - done))
    }
  } finally {
    await file.close()
  }
}

/** Throws unless both files hold the same bytes. */
export async function compareFiles(pathA, pathB) {
  const files = [await open(pathA), await open(pathB)]
  const pieces = files.map(() => Buffer.alloc(PIECE_BYTES))
  try {
    for (let position = 0; ; ) {
      const counts = await Promise.all(
        files.map((file, index) => readWhole(file, pieces[index], position)),
      )
      const [a, b] = pieces.map((piece, index) => piece.subarray(0, counts[index]))
      if (!a.equals(b))
        throw new Error(`the files differ between ${position} and ${position + PIECE_BYTES}`)
      if (counts[0] === 0) return
      position += counts[0]
    }
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

async function readWhole(file, piece, position) {
  let done = 0
  for (;;) {
    const { bytesRead } = await file.read(piece, done, piece.length - done, position + done)
    done += bytesRead
    if (bytesRead === 0 || done === piece.length) return done
  }
}

export const fingerprint = (path) => createHash('sha1').update(readFileSync(path)).digest('hex')

/** Whether the file is there again with its old content. */
export const isSame = (path, oldFingerprint) =>
  existsSync(path) && fingerprint(path) === oldFingerprint

/** Turns one bit in the middle over, in place, as a failing disk does. */
export async function flipBit(path) {
  const file = await open(path, 'r+')
  try {
    const position = Math.floor((await file.stat()).size / 2)
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, position)
    byte[0] ^= 1
    await file.write(byte, 0, 1, position)
  } finally {
    await file.close()
  }
}
