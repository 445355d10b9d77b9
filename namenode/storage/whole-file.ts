/** Small files that are there whole and on the disk, or not at all: what a crash leaves is a file under another name. */
import { renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFile } from './database.js'

/** @param onMade called when the content is on the disk, and nothing is at `path` yet */
export function writeWholeFile(
  path: string,
  content: string | Uint8Array,
  onMade = () => {},
): void {
  const temporary = `${path}.new`
  writeFileSync(temporary, content, { mode: 0o600 })
  syncFile(temporary)
  onMade()
  renameSync(temporary, path)
  syncFile(dirname(path))
}
