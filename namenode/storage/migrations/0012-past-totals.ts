/** What only snapshots show, as quotas count it. Reasons: ../DESIGN.md. The same words for what it must be: ../past-check.ts. */
export const MIGRATION_0012 = `
-- One row for each stay of an inode at a name that has ended and that a snapshot shows. is_deletion: it ended when the
-- inode was deleted, and is the way from what is gone below it to the directories above.
CREATE TABLE past_stay (
  inode INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  name TEXT NOT NULL,
  arrived INTEGER NOT NULL,
  is_deletion INTEGER NOT NULL,
  policy INTEGER NOT NULL,
  names INTEGER NOT NULL,
  space INTEGER NOT NULL,
  first INTEGER NOT NULL,
  PRIMARY KEY (inode, parent, name, arrived)
) STRICT, WITHOUT ROWID;

-- Of a directory: the stays below it, and what snapshots keep of the files below it. Of a file: what they keep of it.
-- No row for nothing. space: of all replicas. first: of one replica of each file.
CREATE TABLE past_total (
  inode INTEGER NOT NULL,
  policy INTEGER NOT NULL,
  names INTEGER NOT NULL,
  space INTEGER NOT NULL,
  first INTEGER NOT NULL,
  PRIMARY KEY (inode, policy)
) STRICT, WITHOUT ROWID;

-- Deleted trees that are still whole begin with their top alone: the rest counts when they are taken apart, at most an
-- hour later.
CREATE INDEX inode_version_by_id ON inode_version (id, until);

CREATE TEMP TABLE shown AS
  SELECT *, row_number() OVER (PARTITION BY id, parent, name, arrived ORDER BY until DESC) AS rank,
    max(until) OVER (PARTITION BY id) AS latest, max(replication) OVER (PARTITION BY id) AS highest
  FROM inode_version AS past WHERE EXISTS (
    SELECT 1 FROM snapshot WHERE snapshot.root = past.root AND taken >= past.since AND taken < past.until);
CREATE TEMP TABLE unpurged AS SELECT id FROM detached UNION SELECT inode AS id FROM deletion;
INSERT INTO past_stay
  SELECT id, parent, name, arrived, is_deletion, policy,
    CASE WHEN kind = 0 AND is_deletion = 0 THEN 1 + tree_files + tree_directories ELSE 1 END,
    CASE WHEN is_deletion = 0 THEN iif(kind = 0, tree_space, (length + reserved) * replication)
      WHEN kind = 0 OR is_whole THEN 0 ELSE outside * highest END,
    CASE WHEN is_deletion = 0 THEN iif(kind = 0, tree_length + tree_reserved, length + reserved)
      WHEN kind = 0 OR is_whole THEN 0 ELSE outside END
  FROM (
    SELECT *, until = latest AND NOT EXISTS (SELECT 1 FROM inode WHERE inode.id = shown.id AND inode.parent > 0) AS is_deletion,
      EXISTS (SELECT 1 FROM unpurged WHERE unpurged.id = shown.id) AS is_whole,
      coalesce((SELECT sum(length) FROM block WHERE block.inode = shown.id), 0) AS outside
    FROM shown WHERE rank = 1 AND NOT EXISTS (
      SELECT 1 FROM inode WHERE inode.id = shown.id AND inode.parent = shown.parent AND inode.name = shown.name
        AND inode.arrived = shown.arrived)
  );
INSERT INTO past_total
  SELECT id, 0, 0, (claimed + outside) * highest - claimed * replication, outside FROM (
    SELECT id, length + reserved AS claimed, replication,
      max(replication, coalesce((SELECT max(highest) FROM shown WHERE shown.id = inode.id), 0)) AS highest,
      coalesce((SELECT sum(length) FROM block WHERE block.inode = inode.id AND position < 0), 0) AS outside
    FROM inode WHERE kind = 1
      AND id IN (SELECT id FROM shown UNION SELECT inode FROM block_version)
      AND (parent > 0 OR EXISTS (SELECT 1 FROM unpurged WHERE unpurged.id = inode.id))
  ) WHERE outside > 0 OR highest > replication;
INSERT INTO past_total
  WITH RECURSIVE climb (at, policy, names, space, first) AS (
    SELECT parent, policy, names, space, first FROM past_stay
    UNION ALL
    SELECT coalesce(inode.parent, stay.parent),
      CASE WHEN total.policy > 0 THEN total.policy ELSE coalesce(inode.policy, stay.policy) END, names, space, first
    FROM (SELECT inode AS id, policy, names, space, first FROM past_total) AS total
      LEFT JOIN inode ON inode.id = total.id AND inode.parent > 0
      LEFT JOIN (SELECT inode, parent, policy FROM past_stay WHERE is_deletion = 1) AS stay
        ON inode.id IS NULL AND stay.inode = total.id
    WHERE coalesce(inode.parent, stay.parent) IS NOT NULL
    UNION ALL
    SELECT coalesce(inode.parent, stay.parent),
      CASE WHEN climb.policy > 0 THEN climb.policy ELSE coalesce(inode.policy, stay.policy) END,
      climb.names, climb.space, climb.first
    FROM climb
      LEFT JOIN inode ON inode.id = climb.at AND inode.parent > 0
      LEFT JOIN (SELECT inode, parent, policy FROM past_stay WHERE is_deletion = 1) AS stay
        ON inode.id IS NULL AND stay.inode = climb.at
    WHERE coalesce(inode.parent, stay.parent) IS NOT NULL
  )
  SELECT at, policy, sum(names), sum(space), sum(first) FROM climb GROUP BY at, policy
  HAVING sum(names) <> 0 OR sum(space) <> 0 OR sum(first) <> 0;
DROP TABLE shown;
DROP TABLE unpurged;
`
