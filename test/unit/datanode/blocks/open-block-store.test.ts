import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../support/datanode-fixture.js'
import { FailingDisk } from '../../../support/failing-disk.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const versionOf = (folder: string, volume = 'volume1') =>
  JSON.parse(readFileSync(join(folder, volume, 'VERSION.json'), 'utf8'))

describe('opening the volumes of a node', () => {
  it('gives all new volumes one node and each its own storage, and finds them again', async () => {
    const { folder, datanodeUuid, release } = await openStore({ volumes: 2 })
    const [one, two] = [versionOf(folder), versionOf(folder, 'volume2')]
    expect(one.datanodeUuid).toBe(datanodeUuid)
    expect(two.datanodeUuid).toBe(datanodeUuid)
    expect(one.storageId).not.toBe(two.storageId)
    release()
    const again = await openStore({ folder, volumes: 3 })
    expect(again.datanodeUuid).toBe(datanodeUuid)
    expect(versionOf(folder)).toEqual(one)
    expect(versionOf(folder, 'volume3').datanodeUuid).toBe(datanodeUuid)
  })

  it('refuses a folder that is in use, in this process or another', async () => {
    const { folder, release } = await openStore()
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_LOCKED' })
    release()
    const holder = spawn(process.execPath, [
      '-e',
      `const D = require('better-sqlite3'); const d = new D(process.argv[1]); d.exec('BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => {}, 1000)`,
      join(folder, 'volume1', 'lock'),
    ])
    await once(holder.stdout, 'data')
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_LOCKED' })
    holder.kill('SIGKILL')
    await once(holder, 'close')
    await openStore({ folder })
  })

  it('refuses a folder of a newer version and leaves it as it is', async () => {
    const { folder, release } = await openStore()
    release()
    const newer = JSON.stringify({ formatVersion: 2, surprise: true })
    writeFileSync(join(folder, 'volume1', 'VERSION.json'), newer)
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_FOLDER_NEWER' })
    expect(readFileSync(join(folder, 'volume1', 'VERSION.json'), 'utf8')).toBe(newer)
  })

  it('refuses volumes of different nodes, and copies of one volume', async () => {
    const [one, two] = [await openStore(), await openStore()]
    one.release()
    two.release()
    const mixed = temporaryFolder()
    cpSync(join(one.folder, 'volume1'), join(mixed, 'volume1'), { recursive: true })
    cpSync(join(two.folder, 'volume1'), join(mixed, 'volume2'), { recursive: true })
    await expect(openStore({ folder: mixed, volumes: 2 })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
    const cloned = temporaryFolder()
    for (const name of ['volume1', 'volume2']) {
      cpSync(join(one.folder, 'volume1'), join(cloned, name), { recursive: true })
    }
    await expect(openStore({ folder: cloned, volumes: 2 })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })

  it('does not take a folder with blocks and without a version file for a new one', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'volume1', 'blocks', '00'), { recursive: true })
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'VOLUME_FAILED' })
  })

  it('starts with the volumes that work when so many may fail, and refuses otherwise', async () => {
    const { folder, release } = await openStore({ volumes: 2 })
    release()
    const disk = new FailingDisk()
    disk.faults.push({ call: 'list', pathPart: 'volume1', effect: 'EIO' })
    for (let round = 0; round < 2; round += 1) {
      const opened = await openStore({ folder, volumes: 2, disk, failedVolumesTolerated: 1 })
      const failed = opened.store.volumes.filter((it) => it.hasFailed).length
      expect(failed + opened.unusable.length).toBe(1)
      opened.release()
    }
  })
})
