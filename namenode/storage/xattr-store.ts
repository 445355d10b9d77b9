/** Extended attributes: all of an inode in one row, since they are few, small, and mostly read together. */
import type { InodeId } from '../../shared/ids.js'
import { XATTR_NAMESPACES, type XAttr } from '../../shared/xattr.js'
import type { Database } from './database.js'

type Tuple = readonly [namespace: number, name: string, valueBase64: string]

export class XAttrStore {
  readonly #get
  readonly #put
  readonly #remove

  constructor(database: Database) {
    this.#get = database
      .prepare<[number], string>('SELECT attributes FROM xattr WHERE inode = ?')
      .pluck()
    this.#put = database.prepare<[number, string]>(
      'INSERT OR REPLACE INTO xattr (inode, attributes) VALUES (?, ?)',
    )
    this.#remove = database.prepare<[number]>('DELETE FROM xattr WHERE inode = ?')
  }

  /** The newest first; empty for most. */
  of(id: InodeId): XAttr[] {
    return decodeXAttrs(this.#get.get(id))
  }

  /** Replaces all attributes of an inode; none removes its row. */
  put(id: InodeId, xattrs: readonly XAttr[]): void {
    if (xattrs.length === 0) {
      this.#remove.run(id)
      return
    }
    const tuples = xattrs.map(({ namespace, name, value }): Tuple => {
      const base64 = Buffer.from(value).toString('base64')
      return [XATTR_NAMESPACES.indexOf(namespace), name, base64]
    })
    this.#put.run(id, JSON.stringify(tuples))
  }
}

/** The column of a row, or of a version that was kept of one; nothing for an inode without attributes. */
export function decodeXAttrs(text: string | null | undefined): XAttr[] {
  if (text === undefined || text === null) return []
  const tuples = JSON.parse(text) as readonly Tuple[]
  return tuples.map(([namespace, name, value]) => ({
    namespace: XATTR_NAMESPACES[namespace] ?? 'user',
    name,
    value: Buffer.from(value, 'base64'),
  }))
}
