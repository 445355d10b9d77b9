/** The edits about attributes that concern one inode's row, or what is beside it. Part of applying edits. */
import type { InodeId } from '../../../../shared/ids.js'
import { isSameXAttr } from '../../../../shared/xattr.js'
import type { Inode } from '../../../storage/inode-store.js'
import type { Edit } from '../namespace-edit.js'
import type { EditApplier } from './namespace-apply.js'
import { NOTHING, spaceOf, under } from './tree-weight.js'

export function setAttributes(
  { stores, versions }: EditApplier,
  inode: Inode,
  change: Partial<Inode>,
): void {
  versions.keep(inode)
  stores.inodes.setAttributes(inode.id, { ...inode, ...change })
}

export function changeXAttr(
  applier: EditApplier,
  edit: Extract<Edit, { op: 'setXAttr' | 'removeXAttr' }>,
): void {
  const { inode, namespace, name } = edit
  const { xattrs } = applier.stores
  applier.versions.keep(applier.inode(inode))
  const others = xattrs.of(inode).filter((it) => !isSameXAttr(it, edit))
  const added =
    edit.op === 'setXAttr' ? [{ namespace, name, value: Buffer.from(edit.value, 'base64') }] : []
  xattrs.put(inode, [...added, ...others])
}

export function setReplication(applier: EditApplier, id: InodeId, replication: number): void {
  const file = applier.inode(id)
  applier.versions.keepUpwards(file.parent)
  setAttributes(applier, file, { replication })
  const spaceBytes = spaceOf({ ...file, replication }) - spaceOf(file)
  applier.totals.add(file.parent, under(file.policy, { ...NOTHING, spaceBytes }))
  applier.past.recountFile(id)
  for (const block of applier.stores.blocks.ofFile(id)) applier.effects.blocks.push(block.id)
}
