/** Snapshots: which there are, and the old versions that they show. Reasons: ../DESIGN.md. */
export const MIGRATION_0006 = `
-- since: the transaction from which on the row is as it is. arrived: the one that gave the inode its place. Both are
-- written only where a snapshot could tell the difference; a CHECK here would read every row.
ALTER TABLE inode ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inode ADD COLUMN arrived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inode ADD COLUMN snapshottable INTEGER NOT NULL DEFAULT 0;
CREATE INDEX snapshottable_directory ON inode (id) WHERE snapshottable = 1;
-- What appeared in a directory since a snapshot; only inodes in covered trees are in it.
CREATE INDEX inode_by_since ON inode (parent, since) WHERE since > 0;

-- A position below 0: no part of its file any more, but a snapshot shows it.
ALTER TABLE block ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

-- taken: the transaction that made it, and the state that it shows. number: its id for clients.
CREATE TABLE snapshot (
  root INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (root, taken)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX snapshot_by_name ON snapshot (root, name);
CREATE INDEX snapshot_by_time ON snapshot (taken);

-- How many snapshottable directories are below a directory; no row for none.
CREATE TABLE snapshottable_below (
  directory INTEGER PRIMARY KEY,
  directories INTEGER NOT NULL CHECK (directories > 0)
) STRICT;

-- The inode and what was below it may be shown by the snapshots of a root that were taken from first to last.
CREATE TABLE trace (
  inode INTEGER NOT NULL,
  root INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (inode, root)
) STRICT, WITHOUT ROWID;
CREATE INDEX trace_by_root ON trace (root, last);

-- Deleted snapshots whose versions are still to be freed; those up to done are.
CREATE TABLE deleted_snapshot (
  root INTEGER NOT NULL,
  taken INTEGER NOT NULL,
  done INTEGER NOT NULL,
  PRIMARY KEY (root, taken)
) STRICT, WITHOUT ROWID;

-- What an inode was from transaction since up to, without, until. One row for each root whose snapshots show it.
CREATE TABLE inode_version (
  root INTEGER NOT NULL,
  id INTEGER NOT NULL,
  until INTEGER NOT NULL,
  since INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  permission INTEGER NOT NULL,
  owner TEXT NOT NULL,
  group_name TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  accessed_ms INTEGER NOT NULL,
  is_open INTEGER NOT NULL,
  replication INTEGER NOT NULL,
  block_size INTEGER NOT NULL,
  length INTEGER NOT NULL,
  children INTEGER NOT NULL,
  tree_files INTEGER NOT NULL,
  tree_directories INTEGER NOT NULL,
  tree_length INTEGER NOT NULL,
  tree_space INTEGER NOT NULL,
  acl TEXT,
  xattrs TEXT,
  reserved INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  snapshottable INTEGER NOT NULL,
  PRIMARY KEY (root, id, until),
  CHECK (since < until)
) STRICT, WITHOUT ROWID;
CREATE INDEX inode_version_by_name ON inode_version (root, parent, name, until);
CREATE INDEX inode_version_by_end ON inode_version (root, until);

-- As inode_version, for the place and length of a block in its file.
CREATE TABLE block_version (
  root INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  position INTEGER NOT NULL,
  until INTEGER NOT NULL,
  since INTEGER NOT NULL,
  id INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (root, inode, position, until),
  CHECK (since < until)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_version_by_block ON block_version (id);
CREATE INDEX block_version_by_end ON block_version (root, until);
`
