/** What `dfs up` keeps in its data folder, and where. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DfsError, errnoOf } from '../../shared/errors.js'

export interface DatanodePorts {
  readonly transferPort: number
  readonly httpPort: number
  readonly ipcPort: number
}

export const FREE_PORTS: DatanodePorts = { transferPort: 0, httpPort: 0, ipcPort: 0 }

/** A log is put aside when a start finds it larger, so that logs do not grow for ever. */
const LOG_LIMIT_BYTES = 16 * 2 ** 20

export class ClusterFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
    mkdirSync(join(path, 'logs'), { recursive: true })
  }

  get tokenFile(): string {
    return join(this.path, 'cluster-token')
  }

  /** `namenode`, `datanode-1`… */
  dataFolder(name: string): string {
    return join(this.path, name)
  }

  logFile(name: string): string {
    return join(this.path, 'logs', `${name}.log`)
  }

  /** A descriptor to which a child process appends its log. The caller closes it. */
  openLog(name: string): number {
    const path = this.logFile(name)
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`)
    return openSync(path, 'a')
  }

  /** The ports that each datanode had last time: clients may still hold them. */
  readPorts(): readonly DatanodePorts[] {
    try {
      const parsed: unknown = JSON.parse(readFileSync(this.#portsFile, 'utf8'))
      return Array.isArray(parsed) ? parsed.map(portsOf) : []
    } catch (error) {
      // Only a memory of convenience: without it free ports are taken.
      if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return []
      throw new DfsError('IO', `cannot read ${this.#portsFile}`, { cause: error })
    }
  }

  writePorts(ports: readonly DatanodePorts[]): void {
    const temporary = `${this.#portsFile}.tmp`
    writeFileSync(temporary, `${JSON.stringify(ports, null, 2)}\n`)
    renameSync(temporary, this.#portsFile)
  }

  get #portsFile(): string {
    return join(this.path, 'datanode-ports.json')
  }
}

function portsOf(value: unknown): DatanodePorts {
  const field = (name: string): number => {
    if (typeof value !== 'object' || value === null) return 0
    const found: unknown = Reflect.get(value, name)
    return typeof found === 'number' && Number.isInteger(found) && found > 0 && found < 65_536
      ? found
      : 0
  }
  return {
    transferPort: field('transferPort'),
    httpPort: field('httpPort'),
    ipcPort: field('ipcPort'),
  }
}

/** Closes a descriptor that was only needed until a child had it. */
export function withLog<T>(folder: ClusterFolder, name: string, use: (log: number) => T): T {
  const log = folder.openLog(name)
  try {
    return use(log)
  } finally {
    closeSync(log)
  }
}
