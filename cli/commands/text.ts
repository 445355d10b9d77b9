/** `dfs text`: gzip (by content) and deflate (by name) are unpacked, anything else is printed as it is. */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflate } from 'node:zlib'
import type { Command } from 'commander'
import type { ReadableFile } from '../../shared/client/file-streams.js'
import { type CommandContext, examples } from '../command.js'
import { write } from '../io.js'
import { PathError } from '../path-errors.js'
import { forEachItem, type PathItem } from '../path-items.js'
import { printFile } from '../print-file.js'

const MAGIC_BYTES = 4

export function register(command: Command, context: CommandContext): void {
  command
    .argument('<path...>', 'files or patterns')
    .option('--ignore-crc', 'accepted for old scripts; every byte is verified anyway')
  examples(command, ['dfs text /logs/2026-11-21.log.gz | grep ERROR'])
  command.action(async (paths: string[]) => {
    await forEachItem(context, paths, (item) => printText(context, item))
  })
}

async function printText(context: CommandContext, item: PathItem): Promise<void> {
  if (item.status.kind === 'directory') throw PathError.isDirectory(item.display)
  const file = await item.client.open(item.path)
  try {
    const magic = await readHead(file)
    if (magic.subarray(0, 3).toString('latin1') === 'SEQ') {
      throw PathError.failed(item.display, 'sequence files are not decoded here; use cat')
    }
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b
    if (!isGzip && !item.path.endsWith('.deflate')) await printFile(context, item, write)
    else await unpack(context, file, isGzip)
  } finally {
    await file.close()
  }
}

async function readHead(file: ReadableFile): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const bytes of file.read(0, MAGIC_BYTES)) chunks.push(bytes)
  return Buffer.concat(chunks)
}

async function unpack(context: CommandContext, file: ReadableFile, isGzip: boolean): Promise<void> {
  const { stdout, signal } = context.io
  const sink = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      write(stdout, chunk).then(() => done(), done)
    },
  })
  const source = Readable.from(file.read(0, file.lengthBytes))
  await pipeline(source, isGzip ? createGunzip() : createInflate(), sink, { signal })
}
