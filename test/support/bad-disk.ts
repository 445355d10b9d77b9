/**
 * A bad disk without a disk: a library that is loaded into a process before libc and makes its reads, writes or syncs under a
 * folder fail or wait (bad-disk.c). Unlike a broken loop device it fails single calls, and needs no root; it needs a C compiler.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.js'

const SOURCE = join(import.meta.dirname, 'bad-disk.c')

/** @returns why no process can be given a bad disk here; undefined when one can */
export function obstacleToBadDisks(): string | undefined {
  if (process.platform !== 'linux') return 'LD_PRELOAD and /proc are of Linux'
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch (error) {
    return `there is no C compiler: ${error instanceof Error ? error.message : String(error)}`
  }
}

export interface BadCalls {
  readonly kind: 'read' | 'write' | 'sync'
  /** As `EIO`; without it the call succeeds, late. */
  readonly error?: 'EIO'
  readonly waitMs?: number
  /** How many calls fail; later ones succeed. Default: all. */
  readonly count?: number
}

export interface MetCall {
  readonly kind: string
  readonly hasFailed: boolean
  readonly path: string
}

export class BadDisk {
  readonly #folder: string
  readonly #control: string
  readonly #library: string

  /** @param folder calls on files below it are affected */
  constructor(folder: string) {
    this.#folder = folder
    const own = temporaryFolder()
    this.#control = join(own, 'rules')
    this.#library = join(own, 'bad-disk.so')
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, SOURCE, '-ldl'])
  }

  /** For the process that is to have the disk. */
  get environment(): Readonly<Record<string, string>> {
    // The calls of io_uring pass libc by.
    return { LD_PRELOAD: this.#library, DFS_BAD_DISK: this.#control, UV_USE_IO_URING: '0' }
  }

  /** From now on, and instead of what was before; without any the disk is good. */
  make(...calls: readonly BadCalls[]): void {
    const lines = calls.map(({ kind, error, waitMs = 0, count = -1 }) =>
      [kind, error === undefined ? 0 : constants.errno[error], waitMs, count, this.#folder].join(
        ' ',
      ),
    )
    writeFileSync(`${this.#control}.new`, lines.map((line) => `${line}\n`).join(''))
    renameSync(`${this.#control}.new`, this.#control)
  }

  /** The calls that met a rule, in their order. */
  met(): readonly MetCall[] {
    const log = `${this.#control}.log`
    if (!existsSync(log)) return []
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => {
      const [kind = '', error = '', ...path] = line.split(' ')
      return { kind, hasFailed: error !== '0', path: path.join(' ') }
    })
  }
}
