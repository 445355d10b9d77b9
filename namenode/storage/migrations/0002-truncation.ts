/** Truncation into a block: while its datanodes cut their replicas, the lease says to which length. */
export const MIGRATION_0002 = `
-- Length that the last block is being cut to; null when the lease is not about a truncation.
ALTER TABLE lease ADD COLUMN truncate_length INTEGER;
`
