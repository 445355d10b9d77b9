/**
 * Makes a large namespace of a small one: rows of files that were made through the service are copied in the database
 * of a namenode that does not run. Ten million files made one by one cost more than an hour of processor time.
 */
import { namespacePaths } from '../../namenode/service/namespace/namespace-folder.js'
import { type Database, openWritingConnection } from '../../namenode/storage/database.js'
import { ROOT_INODE_ID } from '../../shared/ids.js'

/**
 * Copies what is in directories of the root, `times` - 1 times: first into the directories themselves, beside what is
 * there, then into new directories beside them. Names get the number of the copy: `part-1` → `part-1-2`.
 * Nothing else may be in the root.
 *
 * @param folder of the namenode's data
 */
export function multiplyNamespace(folder: string, times: number): void {
  const database = openWritingConnection(namespacePaths(folder).database)
  try {
    const span = numbers(database)
    for (let copy = 1; copy < times; copy += 1) {
      database.exec('BEGIN')
      copyOnce(database, copy, span)
      database.exec('COMMIT')
      database.pragma('wal_checkpoint(TRUNCATE)')
    }
    database.exec('BEGIN')
    setTotals(database, times, span)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

interface Numbers {
  /** Ids of the originals are below these, those of a copy as much above. */
  readonly inodes: number
  readonly blocks: number
}

function numbers(database: Database): Numbers {
  const sql = `SELECT (SELECT max(id) FROM inode) AS inodes,
    (SELECT max(id) FROM block) - (SELECT min(id) FROM block) + 1 AS blocks`
  const row = database.prepare<[], Numbers>(sql).get()
  if (row === undefined) throw new Error('there is nothing to copy')
  return row
}

/** The first copy keeps the directories of the root, the others have their own. */
function copyOnce(database: Database, copy: number, { inodes, blocks }: Numbers): void {
  const isKept = copy === 1 ? `parent = ${ROOT_INODE_ID}` : 'FALSE'
  const isTop =
    copy === 1
      ? `parent IN (SELECT id FROM inode WHERE parent = ${ROOT_INODE_ID})`
      : `parent = ${ROOT_INODE_ID}`
  const up = copy * inodes
  database.exec(`
    CREATE TEMP TABLE original AS
      SELECT id FROM inode WHERE id <= ${inodes} AND id <> ${ROOT_INODE_ID} AND NOT (${isKept});
    INSERT INTO inode (id, parent, name, kind, permission, owner, group_name, modified_ms, accessed_ms,
        replication, block_size, length, children, tree_files, tree_directories, tree_length, tree_space)
      SELECT id + ${up}, iif(${isTop}, parent, parent + ${up}), iif(${isTop}, name || '-${copy}', name), kind,
        permission, owner, group_name, modified_ms, accessed_ms, replication, block_size, length, children,
        tree_files, tree_directories, tree_length, tree_space
      FROM original JOIN inode USING (id);
    INSERT INTO entry (parent, name, id)
      SELECT parent, name, id FROM inode WHERE id > ${up} ORDER BY parent, name;
    INSERT INTO block (id, inode, position, generation, length, state)
      SELECT block.id + ${copy * blocks}, inode + ${up}, position, generation, block.length, state
      FROM original CROSS JOIN block ON block.inode = original.id;
    DROP TABLE original;
  `)
}

function setTotals(database: Database, times: number, { inodes, blocks }: Numbers): void {
  database.exec(`
    UPDATE inode SET children = 2 * children, tree_files = 2 * tree_files,
        tree_directories = 2 * tree_directories, tree_length = 2 * tree_length, tree_space = 2 * tree_space
      WHERE parent = ${ROOT_INODE_ID} AND id <= ${inodes} AND ${times} > 1;
    UPDATE inode SET (children, tree_files, tree_directories, tree_length, tree_space) = (
      SELECT count(*), sum(tree_files), count(*) + sum(tree_directories), sum(tree_length), sum(tree_space)
      FROM inode AS top WHERE top.parent = ${ROOT_INODE_ID}) WHERE id = ${ROOT_INODE_ID};
    UPDATE state SET next_inode = next_inode + ${times * inodes}, next_block = next_block + ${times * blocks},
      blocks = blocks * ${times};
  `)
}
