/** What was deleted and can be brought back. Reasons: ../DESIGN.md. */
export const MIGRATION_0009 = `
-- One row for each deleted file or tree that is kept. id: the transaction that deleted it. What it holds is as of then.
CREATE TABLE deletion (
  id INTEGER PRIMARY KEY,
  inode INTEGER NOT NULL UNIQUE,
  path TEXT NOT NULL,
  user TEXT NOT NULL,
  operation TEXT NOT NULL,
  deleted_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  files INTEGER NOT NULL,
  directories INTEGER NOT NULL,
  length INTEGER NOT NULL,
  space INTEGER NOT NULL
) STRICT;
CREATE INDEX deletion_by_path ON deletion (path, id);
CREATE INDEX deletion_by_user ON deletion (user, id);
CREATE INDEX deletion_by_end ON deletion (until_ms, id);

-- Sums of the table above, kept with it.
CREATE TABLE deletion_total (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  deletions INTEGER NOT NULL CHECK (deletions >= 0),
  files INTEGER NOT NULL CHECK (files >= 0),
  length INTEGER NOT NULL CHECK (length >= 0),
  space INTEGER NOT NULL CHECK (space >= 0)
) STRICT;
INSERT INTO deletion_total VALUES (1, 0, 0, 0, 0);
`
