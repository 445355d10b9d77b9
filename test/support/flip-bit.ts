/** Turns one bit of a file over, as a failing disk does. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

export function flipBit(path: string, position: number): void {
  const file = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    if (readSync(file, byte, 0, 1, position) !== 1)
      throw new Error(`${path} has no byte ${position}`)
    byte.writeUInt8(byte.readUInt8(0) ^ 0x04, 0)
    writeSync(file, byte, 0, 1, position)
  } finally {
    closeSync(file)
  }
}
