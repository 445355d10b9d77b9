/** Sends a file's bytes to standard output, slowing down with its reader. */
import type { Writable } from 'node:stream'
import type { CommandContext } from './command.js'
import { PathError } from './path-errors.js'
import type { PathItem } from './path-items.js'

type Write = (stream: Writable, chunk: Uint8Array) => Promise<void>

/**
 * Prints a range of a file; by default all of it.
 * @param write `write` of io.ts
 * @throws PathError for a directory
 */
export async function printFile(
  context: CommandContext,
  item: PathItem,
  write: Write,
  range?: { readonly positionBytes: number; readonly lengthBytes: number },
): Promise<void> {
  if (item.status.kind === 'directory') throw PathError.isDirectory(item.display)
  const file = await item.client.open(item.path)
  try {
    const { positionBytes, lengthBytes } = range ?? {
      positionBytes: 0,
      lengthBytes: file.lengthBytes,
    }
    for await (const bytes of file.read(positionBytes, lengthBytes)) {
      context.io.signal.throwIfAborted()
      await write(context.io.stdout, bytes)
    }
  } finally {
    await file.close()
  }
}
