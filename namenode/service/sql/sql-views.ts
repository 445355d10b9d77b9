/**
 * The tables that `dfs sql` asks (docs/sql.md): views over the namespace and the replica map, the nodes as the namenode
 * sees them, and the audit log. Made on a connection of their own, which can change nothing afterwards.
 */
import { existsSync } from 'node:fs'
import { ROOT_INODE_ID } from '../../../shared/ids.js'
import { Database } from '../../../shared/sqlite.js'
import { auditLinesAtOnce } from '../../storage/audit-file.js'
import { type AuditedOperation, parseAuditLine } from '../../storage/audit-line.js'

/** A datanode as a row of `nodes`. */
export interface NodeRow {
  readonly uuid: string
  readonly hostname: string
  readonly address: string
  readonly rack: string
  readonly state: string
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly remainingBytes: number
  readonly lastHeartbeatMs: number
}

export interface SqlPlaces {
  readonly namespacePath: string
  readonly replicaPath: string
  readonly auditFolder: string
}

const CACHE_KIB = 64 * 1024
const BUSY_TIMEOUT_MS = 5000
/** Paths of directories that are remembered; more are found out again. */
const MAX_PATHS = 500_000

const VIEWS = `
CREATE TEMP VIEW files AS
  SELECT id, path_of(parent, name) AS path, name, length, replication, block_size, owner, group_name,
    printf('%03o', permission) AS permission, modified_ms, accessed_ms, is_open
  FROM main.inode WHERE kind = 1 AND is_attached(parent);
CREATE TEMP VIEW directories AS
  SELECT id, path_of(parent, name) AS path, name, owner, group_name,
    printf('%03o', permission) AS permission, modified_ms, children,
    tree_files AS files_below, tree_directories AS directories_below,
    tree_length AS length_below, tree_space AS space_below
  FROM main.inode WHERE kind = 0 AND (id = ${ROOT_INODE_ID} OR is_attached(parent));
CREATE TEMP VIEW blocks AS
  SELECT block.id, inode AS file, path_of(inode.parent, inode.name) AS path, position, generation,
    block.length, CASE state WHEN 1 THEN 'committed' ELSE 'being written' END AS state, replication
  FROM main.block JOIN main.inode ON inode.id = block.inode
  WHERE position >= 0 AND is_attached(inode.parent);
CREATE TEMP TABLE nodes (
  uuid TEXT PRIMARY KEY, hostname TEXT, address TEXT, rack TEXT, state TEXT,
  capacity INTEGER, used INTEGER, remaining INTEGER, last_heartbeat_ms INTEGER
);
`

const REPLICAS = `
CREATE TEMP VIEW replicas AS
  SELECT block, storage.datanode AS node, storage.storage AS storage, gs AS generation, length,
    CASE state WHEN 0 THEN 'being written' WHEN 1 THEN 'finalized' ELSE 'corrupt' END AS state
  FROM replica_map.replica JOIN replica_map.storage ON storage.number = replica.storage;
`
const NO_REPLICAS = `
CREATE TEMP TABLE replicas (
  block INTEGER, node TEXT, storage TEXT, generation INTEGER, length INTEGER, state TEXT
);
`

/** A connection with all tables in place, which from now on reads only. */
export function openSqlTables(places: SqlPlaces, nodes: readonly NodeRow[]): Database {
  const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }
  const database = new Database(places.namespacePath, options)
  const paths = new DirectoryPaths(new Database(places.namespacePath, options))
  database.pragma(`cache_size = -${CACHE_KIB}`)
  database.function('path_of', (parent: unknown, name: unknown) => {
    const above = paths.of(Number(parent))
    if (above === undefined) return Number(parent) === 0 && name === '' ? '/' : null
    return `${above}/${String(name)}`
  })
  database.function('is_attached', (parent: unknown) =>
    paths.of(Number(parent)) === undefined ? 0 : 1,
  )
  database.exec(VIEWS)
  const insert = database.prepare('INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  for (const node of nodes) {
    const { uuid, hostname, address, rack, state } = node
    const { capacityBytes, usedBytes, remainingBytes, lastHeartbeatMs } = node
    const sizes = [capacityBytes, usedBytes, remainingBytes, Math.floor(lastHeartbeatMs)]
    insert.run(uuid, hostname, address, rack, state, ...sizes)
  }
  if (existsSync(places.replicaPath)) {
    database.prepare('ATTACH DATABASE ? AS replica_map').run(places.replicaPath)
    database.exec(REPLICAS)
  } else {
    database.exec(NO_REPLICAS)
  }
  database.table('audit', {
    columns: ['time_ms', 'user', 'address', 'command', 'path', 'target', 'face', 'outcome'],
    *rows() {
      yield* auditRows(places.auditFolder)
    },
  })
  database.pragma('query_only = 1')
  return database
}

/** Paths of directories by their ids, each looked up once. */
class DirectoryPaths {
  readonly #known = new Map<number, string | undefined>([[ROOT_INODE_ID, '']])
  readonly #find

  constructor(database: Database) {
    this.#find = database.prepare<[number], { readonly parent: number; readonly name: string }>(
      'SELECT parent, name FROM inode WHERE id = ?',
    )
  }

  /** Without a slash at its end; undefined for what was deleted, with what is below it. */
  of(id: number): string | undefined {
    const known = this.#known.get(id)
    if (known !== undefined || this.#known.has(id)) return known
    const row = id === 0 ? undefined : this.#find.get(id)
    const above = row === undefined ? undefined : this.of(row.parent)
    const path = row === undefined || above === undefined ? undefined : `${above}/${row.name}`
    if (this.#known.size >= MAX_PATHS) {
      this.#known.clear()
      this.#known.set(ROOT_INODE_ID, '')
    }
    this.#known.set(id, path)
    return path
  }
}

/** All of the log, the newest first. */
function* auditRows(folder: string): Generator<(string | number | null)[]> {
  for (const line of auditLinesAtOnce(folder)) {
    const operation = parseAuditLine(line)
    if (operation !== undefined) yield auditRow(operation)
  }
}

function auditRow(operation: AuditedOperation): (string | number | null)[] {
  const { timeMs, user, address, command, path, target, face, outcome } = operation
  return [timeMs, user, address, command, path ?? null, target ?? null, face, outcome]
}
