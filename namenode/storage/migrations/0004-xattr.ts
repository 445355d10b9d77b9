/** Extended attributes, one row for each of the few inodes that have some. What the text holds: ../xattr-store.ts. */
export const MIGRATION_0004 = `
CREATE TABLE xattr (
  inode INTEGER PRIMARY KEY,
  attributes TEXT NOT NULL
) STRICT;
`
