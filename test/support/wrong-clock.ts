/** A wall clock that a test moves in a running process: a library that is loaded into it before libc (wrong-clock.c). */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.js'

const SOURCE = join(import.meta.dirname, 'wrong-clock.c')

export class WrongClock {
  readonly #control: string
  readonly #library: string

  /** It is right at first. Needs what bad disks need (bad-disk.ts). */
  constructor() {
    const own = temporaryFolder()
    this.#control = join(own, 'offset')
    this.#library = join(own, 'wrong-clock.so')
    writeFileSync(this.#control, Buffer.alloc(16))
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.#library, SOURCE])
  }

  /** For the process that is to have the clock. */
  get environment(): Readonly<Record<string, string>> {
    return { LD_PRELOAD: this.#library, DFS_WRONG_CLOCK: this.#control }
  }

  /** From now on the clock is off by so much. */
  jumpTo(offsetMs: number): void {
    const offset = Buffer.alloc(8)
    offset.writeBigInt64LE(BigInt(offsetMs))
    // In place: the process has the file mapped.
    writeFileSync(this.#control, offset, { flag: 'r+' })
  }

  /** How often a time that was off has been read. */
  get reads(): number {
    return Number(readFileSync(this.#control).readBigInt64LE(8))
  }
}
