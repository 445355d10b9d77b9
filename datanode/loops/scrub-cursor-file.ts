/** Where a volume remembers how far its scrubber is. The file may be lost: then everything counts as verified now. */
import { join } from 'node:path'
import { renameDurably } from '../../shared/disk.js'
import type { Volume } from '../blocks/volume.js'
import type { ScrubCursor, ScrubSegment } from '../policy/scrub-plan.js'

const CURSOR_FILE = 'scrub.json'
const MAX_CURSOR_BYTES = 64 * 1024

/** undefined where there is none, or none that can be read. */
export async function readScrubCursor({
  disk,
  folder,
}: Pick<Volume, 'disk' | 'folder'>): Promise<ScrubCursor | undefined> {
  const path = join(folder, CURSOR_FILE)
  if ((await disk.stat(path)) === undefined) return undefined
  const file = await disk.open(path, 'read')
  try {
    const buffer = Buffer.alloc(MAX_CURSOR_BYTES)
    const bytes = await file.read(buffer, 0, buffer.length, 0)
    return parseScrubCursor(buffer.toString('utf8', 0, bytes))
  } finally {
    await file.close()
  }
}

export async function writeScrubCursor(
  { disk, folder }: Pick<Volume, 'disk' | 'folder'>,
  cursor: ScrubCursor,
): Promise<void> {
  const path = join(folder, CURSOR_FILE)
  await disk.remove(`${path}.new`)
  const file = await disk.open(`${path}.new`, 'create-new')
  try {
    const bytes = Buffer.from(JSON.stringify(cursor))
    await file.write(bytes, 0, bytes.length, 0)
  } finally {
    await file.close()
  }
  await renameDurably(disk, `${path}.new`, path)
}

/** undefined for anything that is not a cursor. */
export function parseScrubCursor(text: string): ScrubCursor | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { afterId, passStartedWallMs, doneBytes, ...rest } = value as Record<string, unknown>
    if (!isNumber(afterId) || !isNumber(passStartedWallMs) || !isNumber(doneBytes)) return undefined
    const { lastWallMs, lastBytes, done, before } = rest
    const pass = { afterId, passStartedWallMs, doneBytes }
    if (isNumber(lastWallMs) && isNumber(lastBytes) && isSegments(done) && isSegments(before)) {
      return { ...pass, lastWallMs, lastBytes, done, before }
    }
    // Of a version that remembered no times. What lies ahead was there before its pass, nobody knows since when.
    const all = [{ afterId: 0, sinceWallMs: passStartedWallMs }]
    return { ...pass, lastWallMs: passStartedWallMs, lastBytes: 0, done: all, before: all }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isNumber = (value: unknown): value is number => Number.isFinite(value)

const isSegments = (value: unknown): value is readonly ScrubSegment[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (it: { readonly [key: string]: unknown } | null) =>
      isNumber(it?.['afterId']) && isNumber(it['sinceWallMs']),
  )
