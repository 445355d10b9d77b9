/** Access control lists: NULL for the many inodes that have none. What the text holds: ../acl-texts.ts. */
export const MIGRATION_0003 = `
ALTER TABLE inode ADD COLUMN acl TEXT;
`
