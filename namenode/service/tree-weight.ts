/** What inodes add to the totals of the directories above them. */
import type { Inode, TreeTotals } from '../storage/inode-store.js'
import { spaceOf } from './namespace-quotas.js'

export const NOTHING: TreeTotals = { files: 0, directories: 0, lengthBytes: 0, spaceBytes: 0 }
export const ONE_FILE: TreeTotals = { ...NOTHING, files: 1 }
export const ONE_DIRECTORY: TreeTotals = { ...NOTHING, directories: 1 }

/** What an inode adds to the directories above it. */
export function weightOf(inode: Inode): TreeTotals {
  if (inode.kind === 'directory') {
    return { ...inode.tree, directories: inode.tree.directories + 1 }
  }
  return {
    files: 1,
    directories: 0,
    lengthBytes: inode.lengthBytes,
    spaceBytes: spaceOf(inode),
  }
}

export const negative = (totals: TreeTotals): TreeTotals => ({
  files: -totals.files,
  directories: -totals.directories,
  lengthBytes: -totals.lengthBytes,
  spaceBytes: -totals.spaceBytes,
})
