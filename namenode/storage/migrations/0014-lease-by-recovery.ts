/** A holder's files in hand lie together, apart from those under recovery. Reasons: ../DESIGN.md. */
export const MIGRATION_0014 = `
-- After the loss of many nodes one holder may have a million files under recovery before the first that is not.
DROP INDEX lease_by_holder;
CREATE INDEX lease_by_holder ON lease (holder, recovery, inode);
`
