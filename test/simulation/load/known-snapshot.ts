/** What a client knows of a snapshot of its directory: what the directory was when it was taken, which it must stay. */
import { complaintAbout, type KnownFile, possiblePaths } from './known-file.js'

export interface KnownSnapshot {
  /** The directory as the snapshot shows it. */
  readonly path: string
  presence: 'present' | 'absent' | 'unknown'
  /** As they were, with the names that they have in the snapshot. */
  readonly files: readonly KnownFile[]
  /** Names that may be seen in it. */
  readonly possibleNames: ReadonlySet<string>
}

/** @param path where the snapshot of `folder` will be */
export function frozen(
  folder: string,
  path: string,
  files: readonly KnownFile[],
  possibleNames: ReadonlySet<string>,
): KnownSnapshot {
  const inside = (name: string) => `${path}${name.slice(folder.length)}`
  return {
    path,
    presence: 'unknown',
    files: files.map((it) => ({
      ...it,
      path: inside(it.path),
      renamedTo: it.renamedTo && inside(it.renamedTo),
      // Of a file that is being written it shows what the namenode knew then, which may be less than was synced.
      acknowledged: it.isClosed ? it.acknowledged : Buffer.alloc(0),
    })),
    possibleNames: new Set([...possibleNames].map(inside)),
  }
}

/** Files that it must show, with the names that each may have. */
export function shownFiles({ presence, files }: KnownSnapshot) {
  if (presence !== 'present') return []
  return files.flatMap((file) => {
    const paths = possiblePaths(file)
    return paths.length === 0 ? [] : [{ file, paths }]
  })
}

/** Why these cannot be the names that the snapshot shows. */
export function complaintsAboutNames(snapshot: KnownSnapshot, seen: readonly string[]): string[] {
  const missing = shownFiles(snapshot).filter(({ paths }) => !paths.some((it) => seen.includes(it)))
  const strange = seen.filter((it) => !snapshot.possibleNames.has(it))
  return [
    ...missing.map(({ paths }) => `I9: ${paths.join(' or ')} is gone from its snapshot`),
    ...strange.map((it) => `I9: ${it} came after its snapshot, or was deleted before`),
  ]
}

/** Why these cannot be the bytes of a file of the snapshot. */
export function complaintAboutShown(file: KnownFile, bytes: Buffer): string | undefined {
  const complaint = complaintAbout(file, bytes)
  return complaint && `${complaint}, in a snapshot`
}
