/** The first schema of the namespace. Reasons and measurements: ../DESIGN.md. Never edited after a release: add a migration. */
export const MIGRATION_0001 = `
-- One row, written once for each commit: counters live in memory between commits.
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  cluster_id TEXT NOT NULL,
  block_pool_id TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  last_transaction INTEGER NOT NULL,
  next_inode INTEGER NOT NULL,
  next_block INTEGER NOT NULL,
  next_generation INTEGER NOT NULL,
  blocks INTEGER NOT NULL CHECK (blocks >= 0)
) STRICT;

-- kind: 0 directory, 1 file. parent 0: the root, or the top of a tree that was deleted and waits to be purged.
CREATE TABLE inode (
  id INTEGER PRIMARY KEY,
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
  permission INTEGER NOT NULL CHECK (permission BETWEEN 0 AND 1023),
  owner TEXT NOT NULL,
  group_name TEXT NOT NULL,
  modified_ms INTEGER NOT NULL,
  accessed_ms INTEGER NOT NULL,
  -- files
  is_open INTEGER NOT NULL DEFAULT 0 CHECK (is_open IN (0, 1)),
  replication INTEGER NOT NULL DEFAULT 0,
  block_size INTEGER NOT NULL DEFAULT 0,
  length INTEGER NOT NULL DEFAULT 0 CHECK (length >= 0),
  -- directories: own entries, and totals of everything below (not counting itself)
  children INTEGER NOT NULL DEFAULT 0 CHECK (children >= 0),
  tree_files INTEGER NOT NULL DEFAULT 0 CHECK (tree_files >= 0),
  tree_directories INTEGER NOT NULL DEFAULT 0 CHECK (tree_directories >= 0),
  tree_length INTEGER NOT NULL DEFAULT 0 CHECK (tree_length >= 0),
  tree_space INTEGER NOT NULL DEFAULT 0 CHECK (tree_space >= 0)
) STRICT;
CREATE INDEX directory_by_parent ON inode (parent) WHERE kind = 0;

-- Names compare as bytes (BINARY on UTF-8), which is the order of listings.
CREATE TABLE entry (
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  id INTEGER NOT NULL,
  PRIMARY KEY (parent, name)
) STRICT, WITHOUT ROWID;

-- state: 0 under construction, 1 committed.
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  inode INTEGER NOT NULL,
  position INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  length INTEGER NOT NULL CHECK (length >= 0),
  state INTEGER NOT NULL CHECK (state IN (0, 1)),
  UNIQUE (inode, position)
) STRICT;

-- One for each open file. recovery: the generation stamp of the recovery under way, 0 for none.
CREATE TABLE lease (
  inode INTEGER PRIMARY KEY,
  holder TEXT NOT NULL,
  client_machine TEXT NOT NULL,
  recovery INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX lease_by_holder ON lease (holder, inode);
CREATE INDEX lease_in_recovery ON lease (inode) WHERE recovery > 0;

-- First answers of at-most-once requests.
CREATE TABLE request (
  client BLOB NOT NULL,
  call INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  operation TEXT NOT NULL,
  user TEXT NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (client, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_by_time ON request (time_ms);

-- Blocks whose file is gone, until their replicas are gone too.
CREATE TABLE deleted_block (
  id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL
) STRICT;

-- Tops of deleted trees that are still to be taken apart.
CREATE TABLE detached (id INTEGER PRIMARY KEY) STRICT;

CREATE TABLE edit (
  id INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  operation TEXT NOT NULL,
  arguments TEXT NOT NULL
) STRICT;
`
