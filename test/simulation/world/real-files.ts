/** Files of the machine behind the disk seam, with calls that finish through the scheduler: threads have no seed. */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import type { Disk, DiskFile } from '../../../shared/disk.js'
import type { Life } from './life.js'

const FLAGS = { read: 'r', 'read-write': 'r+', 'create-new': 'wx+' } as const
const CALL_MS = 0.1

/** What a namenode keeps beside its databases. Syncs are left out: this machine does not lose power in a run. */
export function realFiles(life: Life): Disk {
  const call = <T>(run: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      life.later(CALL_MS, 'file', () => {
        try {
          resolve(run())
        } catch (error) {
          reject(error)
        }
      })
    })
  const handle = (descriptor: number): DiskFile => ({
    read: (buffer, offset, lengthBytes, position) =>
      call(() => readSync(descriptor, buffer, offset, lengthBytes, position)),
    write: (buffer, offset, lengthBytes, position) =>
      call(() => {
        writeSync(descriptor, buffer, offset, lengthBytes, position)
      }),
    truncate: (lengthBytes) => call(() => ftruncateSync(descriptor, lengthBytes)),
    sync: () => call(() => undefined),
    sizeBytes: () => call(() => fstatSync(descriptor).size),
    close: async () => closeSync(descriptor),
  })
  return {
    open: (path, mode) => call(() => handle(openSync(path, FLAGS[mode]))),
    rename: (from, to) => call(() => renameSync(from, to)),
    remove: (path) => call(() => rmSync(path, { force: true })),
    makeFolder: (path) =>
      call(() => {
        mkdirSync(path, { recursive: true })
      }),
    list: (path) => call(() => readdirSync(path, { withFileTypes: true })),
    stat: (path) => call(() => lstatSync(path, { bigint: true, throwIfNoEntry: false })),
    syncFolder: () => call(() => undefined),
    usage: () => call(() => ({ capacityBytes: 2 ** 40, freeBytes: 2 ** 39, freeInodes: 2 ** 20 })),
  }
}
