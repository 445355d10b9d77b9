/**
 * Quotas. `reserved`: what the block being written may still grow by, up to a whole block: counted as used, so that
 * writers at the same time cannot exceed a quota together.
 */
export const MIGRATION_0005 = `
CREATE TABLE quota (
  inode INTEGER PRIMARY KEY,
  names INTEGER,
  space INTEGER,
  type_space TEXT NOT NULL
) STRICT;
ALTER TABLE inode ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0;
`
