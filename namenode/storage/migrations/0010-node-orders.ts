/** What operators have ordered for datanodes: to leave, or to be away for a while. */
export const MIGRATION_0010 = `
CREATE TABLE node_order (
  node TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('decommission', 'maintenance')),
  -- Wall time in ms at which maintenance ends; 0 for a decommission.
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
