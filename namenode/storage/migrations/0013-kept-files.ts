/** Where files are of which snapshots keep something. Reasons: ../DESIGN.md. */
export const MIGRATION_0013 = `
-- Files in the tree, or in a deleted one, that have a row in past_total: summaries find them in their directory.
CREATE TABLE kept_file (
  inode INTEGER PRIMARY KEY,
  parent INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_file_by_parent ON kept_file (parent, inode);
INSERT INTO kept_file SELECT DISTINCT inode.id, parent FROM past_total
  CROSS JOIN inode ON inode.id = past_total.inode WHERE kind = 1 AND parent > 0;
`
