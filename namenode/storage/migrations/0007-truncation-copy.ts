/** A truncation inside a block that a snapshot shows: a new block takes over what stays. */
export const MIGRATION_0007 = `
-- Id of the block that the beginning of the last one is being copied into; null when it is cut where it lies.
ALTER TABLE lease ADD COLUMN truncate_copy INTEGER;
`
