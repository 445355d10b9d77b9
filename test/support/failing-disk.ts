/** A disk that does as it is told: calls fail with an error of choice, hang, or are recorded in their order. */
import { setTimeout } from 'node:timers/promises'
import type { Disk, DiskFile } from '../../shared/disk.js'
import { systemDisk } from '../../shared/disk.js'

export type DiskCall =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'makeFolder'
  | 'list'
  | 'stat'
  | 'syncFolder'
  | 'usage'

export interface DiskFault {
  readonly call: DiskCall
  /** Only for paths that contain this. */
  readonly pathPart: string
  /** Only for paths that end with it. */
  readonly isEnd?: boolean
  /** An errno such as EIO; `hang` never returns. */
  readonly effect: string
  /** How many calls go well before the fault. */
  after?: number
}

export class FailingDisk implements Disk {
  readonly faults: DiskFault[] = []
  /** `call path`, in order, for those that change something. */
  readonly changes: string[] = []
  /** Written on that route. */
  bytesPastCache = 0
  /** Each write waits so long before it looks at its bytes. */
  writeDelayMs = 0
  /** Writes look at their bytes only when this is settled, and then these are here too. */
  writesWaitFor: Promise<void> | undefined
  readonly lateBytes: Buffer[] = []

  async open(path: string, mode: Parameters<Disk['open']>[1]): Promise<DiskFile> {
    await this.#check('open', path)
    if (mode === 'create-new') this.changes.push(`create ${path}`)
    const file = await systemDisk.open(path, mode)
    const checked = async <T>(call: DiskCall, run: () => Promise<T>): Promise<T> => {
      await this.#check(call, path)
      if (call !== 'read') this.changes.push(`${call} ${path}`)
      return await run()
    }
    return {
      read: (...args) => checked('read', () => file.read(...args)),
      write: (...args) => {
        if (args[4] === 'past-cache') this.bytesPastCache += args[2]
        return checked('write', async () => {
          if (this.writeDelayMs > 0) await setTimeout(this.writeDelayMs)
          if (this.writesWaitFor !== undefined) {
            await this.writesWaitFor
            this.lateBytes.push(Buffer.from(args[0].subarray(args[1], args[1] + args[2])))
          }
          await file.write(...args)
        })
      },
      truncate: (length) => checked('truncate', () => file.truncate(length)),
      sync: () => checked('sync', () => file.sync()),
      sizeBytes: () => checked('read', () => file.sizeBytes()),
      close: () => file.close(),
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#check('rename', from)
    this.changes.push(`rename ${to}`)
    await systemDisk.rename(from, to)
  }

  async remove(path: string): Promise<void> {
    await this.#check('remove', path)
    this.changes.push(`remove ${path}`)
    await systemDisk.remove(path)
  }

  async makeFolder(path: string): Promise<void> {
    await this.#check('makeFolder', path)
    await systemDisk.makeFolder(path)
  }

  async list(path: string) {
    await this.#check('list', path)
    return await systemDisk.list(path)
  }

  async stat(path: string) {
    await this.#check('stat', path)
    return await systemDisk.stat(path)
  }

  async syncFolder(path: string): Promise<void> {
    await this.#check('syncFolder', path)
    this.changes.push(`syncFolder ${path}`)
    await systemDisk.syncFolder(path)
  }

  async usage(path: string) {
    await this.#check('usage', path)
    return await systemDisk.usage(path)
  }

  async #check(call: DiskCall, path: string): Promise<void> {
    for (const fault of this.faults) {
      if (fault.call !== call || !path.includes(fault.pathPart)) continue
      if (fault.isEnd === true && !path.endsWith(fault.pathPart)) continue
      if (fault.after !== undefined && fault.after > 0) {
        fault.after -= 1
        continue
      }
      if (fault.effect === 'hang') await new Promise(() => {})
      throw Object.assign(new Error(`${fault.effect}: made to fail, ${call} '${path}'`), {
        code: fault.effect,
      })
    }
  }
}
