/** Storage policies of files and directories, and the requests to move blocks to where their policy wants them. */
export const MIGRATION_0008 = `
ALTER TABLE inode ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inode_version ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inode_with_policy ON inode (id) WHERE policy > 0;
CREATE TABLE policy_request (inode INTEGER PRIMARY KEY) STRICT;
`
