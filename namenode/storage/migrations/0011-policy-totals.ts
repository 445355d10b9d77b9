/**
 * What is below a directory under a storage policy that was set below it: with it, the space of a tree on each type of
 * storage is known without looking at its files. Reasons: ../DESIGN.md.
 */
export const MIGRATION_0011 = `
-- Of the block that is being written in each file below: what is claimed of one replica.
ALTER TABLE inode ADD COLUMN tree_reserved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inode_version ADD COLUMN tree_reserved INTEGER NOT NULL DEFAULT 0;

-- space: of all replicas. first: of one replica of each file. No row for nothing.
CREATE TABLE policy_total (
  directory INTEGER NOT NULL,
  policy INTEGER NOT NULL,
  space INTEGER NOT NULL,
  first INTEGER NOT NULL,
  PRIMARY KEY (directory, policy)
) STRICT, WITHOUT ROWID;

-- Only open files have reserved anything.
UPDATE inode SET tree_reserved = found.reserved FROM (
  WITH RECURSIVE climb (above, reserved) AS (
    SELECT parent, reserved FROM lease CROSS JOIN inode ON inode.id = lease.inode WHERE reserved > 0
    UNION ALL
    SELECT inode.parent, climb.reserved FROM climb CROSS JOIN inode ON inode.id = climb.above
  ) SELECT above, sum(reserved) AS reserved FROM climb GROUP BY above
) AS found WHERE inode.id = found.above;

-- What each inode with a policy counts for, less what is below others under it, goes to all directories above it.
CREATE TEMP TABLE policy_climb AS
  WITH RECURSIVE climb (id, above, depth) AS (
    SELECT id, parent, 1 FROM inode INDEXED BY inode_with_policy WHERE policy > 0 AND parent > 0
    UNION ALL
    SELECT climb.id, inode.parent, depth + 1 FROM climb CROSS JOIN inode ON inode.id = climb.above WHERE inode.parent > 0
  ) SELECT * FROM climb;
CREATE TEMP TABLE policy_whole AS
  SELECT id, policy,
    CASE kind WHEN 1 THEN (length + reserved) * replication ELSE tree_space END AS space,
    CASE kind WHEN 1 THEN length + reserved ELSE tree_length + tree_reserved END AS first,
    (SELECT above FROM policy_climb CROSS JOIN inode AS directory ON directory.id = above
      WHERE policy_climb.id = inode.id AND directory.policy > 0 ORDER BY depth LIMIT 1) AS under
  FROM inode INDEXED BY inode_with_policy WHERE policy > 0;
INSERT INTO policy_total
  SELECT above, policy, sum(own_space), sum(own_first) FROM (
    SELECT id, policy,
      space - coalesce((SELECT sum(space) FROM policy_whole AS other WHERE other.under = policy_whole.id), 0) AS own_space,
      first - coalesce((SELECT sum(first) FROM policy_whole AS other WHERE other.under = policy_whole.id), 0) AS own_first
    FROM policy_whole
  ) AS own CROSS JOIN policy_climb ON policy_climb.id = own.id
  WHERE own_space <> 0 OR own_first <> 0
  GROUP BY above, policy;
DROP TABLE policy_climb;
DROP TABLE policy_whole;
`
