/** Backups of a running namenode: one at a time, made beside the namespace and gone when they have been read. */
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BackupManifest } from '../../../shared/backup-manifest.js'
import type { Clock } from '../../../shared/clock.js'
import { DfsError } from '../../../shared/errors.js'
import { checkSuperuser } from '../../policy/permissions.js'
import type { Call } from '../access/call.js'
import { namespacePaths } from '../namespace/namespace-folder.js'
import { copyNamespace } from './namespace-copy.js'

/** Stays free beside the copy: the namenode refuses changes below 32 MiB. */
const SPARE_BYTES = 64 * 1024 * 1024

export interface BackupCopy {
  readonly path: string
  readonly manifest: BackupManifest
  /** Removes the file. Idempotent. */
  readonly release: () => void
}

export class Backups {
  readonly #folder: string
  readonly #clock: Clock
  #isBusy = false

  /** @param folder the data folder of the namespace */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
    // Left by a process that died while it made one.
    this.#remove()
  }

  /**
   * Makes a consistent copy. The caller releases it.
   * @throws PERMISSION_DENIED for others than superusers · OVERLOADED while another one is made · DISK_FULL
   */
  async make(call: Call): Promise<BackupCopy> {
    checkSuperuser(call.principal, 'backup')
    return await this.makeOwn()
  }

  /** As `make`, for the namenode itself. */
  async makeOwn(): Promise<BackupCopy> {
    if (this.#isBusy)
      throw new DfsError('OVERLOADED', 'another backup is being made; try again later')
    this.#isBusy = true
    try {
      const { database } = namespacePaths(this.#folder)
      this.#requireRoom(statSync(database).size)
      const manifest = await copyNamespace(database, this.#path, this.#clock.wallMs())
      let isHeld = true
      const release = () => {
        if (isHeld) this.#release()
        isHeld = false
      }
      return { path: this.#path, manifest, release }
    } catch (error) {
      this.#release()
      throw error
    }
  }

  get #path(): string {
    return join(this.#folder, 'backup.copy')
  }

  #requireRoom(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#folder)
    if (bavail * bsize >= bytes + SPARE_BYTES) return
    throw new DfsError(
      'DISK_FULL',
      `a backup needs ${bytes} bytes beside the namespace for a moment`,
    )
  }

  #release(): void {
    this.#remove()
    this.#isBusy = false
  }

  #remove(): void {
    for (const suffix of ['', '-journal', '-wal', '-shm']) {
      const path = `${this.#path}${suffix}`
      if (existsSync(path)) rmSync(path)
    }
  }
}
