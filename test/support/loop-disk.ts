/**
 * A real small disk for a test: an ext4 file system in a file, mounted through a loop device (Linux, root). It can be full,
 * hang, lose its power and turn read-only as a disk does. Everything is gone when the test ends, also when it fails.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** EXT4_IOC_SHUTDOWN with NOLOGFLUSH: all that was not synced is lost, every further call is EIO. */
const CUT_POWER =
  'import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))'

/** @returns why there can be no such disk here; undefined when there can */
export function obstacleToLoopDisks(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dfs-disk-try-'))
  try {
    const mounted = mount(folder, { sizeMebibytes: 8 })
    run('umount', mounted)
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `no loop device can be mounted here (it needs Linux, root, mkfs.ext4 and python3): ${why}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface LoopDiskOptions {
  readonly sizeMebibytes?: number
  /** Files and folders that there can be. */
  readonly inodes?: number
  /** As `errors=remount-ro`. */
  readonly mountOptions?: string
}

export class LoopDisk {
  readonly path: string
  readonly #folder: string
  readonly #options: LoopDiskOptions
  #isFrozen = false

  constructor(options: LoopDiskOptions = {}) {
    this.#options = options
    this.#folder = mkdtempSync(join(tmpdir(), 'dfs-disk-'))
    this.path = mount(this.#folder, options)
    onTestFinished(() => this.#remove())
  }

  /** Every call that changes something hangs from now on. */
  freeze(): void {
    run('fsfreeze', '-f', this.path)
    this.#isFrozen = true
  }

  thaw(): void {
    if (this.#isFrozen) run('fsfreeze', '-u', this.path)
    this.#isFrozen = false
  }

  /** As a cable that is pulled: unsynced bytes are lost, all that follows fails with EIO until `restorePower`. */
  cutPower(): void {
    run('python3', '-c', CUT_POWER, this.path)
  }

  /** Mounts what is really on the disk; whoever had files open there must have ended. */
  restorePower(): void {
    run('umount', this.path)
    waitUntilDetached(join(this.#folder, 'image'))
    attach(this.#folder, this.#options)
  }

  /** What the file system does by itself when it meets damage, with `errors=remount-ro`. */
  meetDamage(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', this.path], { encoding: 'utf8' })
    writeFileSync(`/sys/fs/ext4/${basename(device.trim())}/trigger_fs_error`, 'of a test')
  }

  #remove(): void {
    this.thaw()
    // Lazily: a process of a failed test may still be on its way out.
    run('umount', '--lazy', this.path)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function mount(folder: string, options: LoopDiskOptions): string {
  const { sizeMebibytes = 96, inodes } = options
  const image = join(folder, 'image')
  run('truncate', '-s', `${sizeMebibytes}M`, image)
  const count = inodes === undefined ? [] : ['-N', String(inodes)]
  run('mkfs.ext4', '-q', '-m', '0', ...count, image)
  return attach(folder, options)
}

function attach(folder: string, { mountOptions }: LoopDiskOptions): string {
  const place = join(folder, 'disk')
  mkdirSync(place, { recursive: true })
  const options = ['loop', ...(mountOptions === undefined ? [] : [mountOptions])].join(',')
  run('mount', '-o', options, join(folder, 'image'), place)
  return place
}

/** The kernel lets go of a file system a moment after its last mount: mounted before, it would be the one without power. */
function waitUntilDetached(image: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (execFileSync('losetup', ['-j', image], { encoding: 'utf8' }) === '') return
    Atomics.wait(pause, 0, 0, 50)
  }
  throw new Error(`${image} is still attached`)
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
