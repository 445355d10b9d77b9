/** What a copy takes over from its source besides the bytes, as Hadoop's `cp -p[topax]` says it. */
import { fullAcl } from '../acl.js'
import type { DfsClient } from './dfs-client.js'
import type { FileStatus } from './file-status.js'

/** In the order of Hadoop's letters: t, o, p, a, x. */
export const PRESERVABLE = ['timestamps', 'ownership', 'permission', 'acl', 'xattr'] as const
export type Preservable = (typeof PRESERVABLE)[number]

/** Without letters. */
const USUAL: readonly Preservable[] = ['timestamps', 'ownership', 'permission']

/** @param choice true: times, owner, group and permissions */
export const preserved = (
  choice: boolean | readonly Preservable[] | undefined,
): readonly Preservable[] => (choice === true ? USUAL : choice === false ? [] : (choice ?? []))

interface Ends {
  readonly source: DfsClient
  readonly from: string
  readonly target: DfsClient
  readonly to: string
}

/** Times last: changing the rest does not touch them, but a server may think otherwise. */
export async function preserveStatus(
  { source, from, target, to }: Ends,
  status: FileStatus,
  wanted: readonly Preservable[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { signal }
  const { owner, group, permission, modificationTimeMs, accessTimeMs } = status
  if (wanted.includes('ownership')) {
    const now = await target.stat(to, options)
    const change = {
      owner: now.owner === owner ? undefined : owner,
      group: now.group === group ? undefined : group,
    }
    if (change.owner !== undefined || change.group !== undefined) {
      await target.chown(to, change, options)
    }
  }
  // As in Hadoop, an ACL brings its permissions with it.
  if (wanted.includes('permission') || wanted.includes('acl')) {
    await target.chmod(to, permission, options)
  }
  if (wanted.includes('acl') && status.hasAcl) {
    const acl = await source.attributes.acl(from, options)
    await target.attributes.setAcl(to, fullAcl(acl.permission, acl.entries), options)
  }
  if (wanted.includes('xattr')) {
    for (const xattr of await source.attributes.xattrs(from, [], options)) {
      await target.attributes.setXAttr(to, xattr, options)
    }
  }
  if (wanted.includes('timestamps')) {
    await target.setTimes(to, { modificationTimeMs, accessTimeMs }, options)
  }
}
