import { closeSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ClusterFolder } from '../../../cli/up/cluster-folder.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const PORTS = { transferPort: 1111, httpPort: 2222, ipcPort: 3333 }

describe('the folder of dfs up', () => {
  it('remembers the ports of the datanodes', () => {
    const folder = new ClusterFolder(temporaryFolder())
    expect(folder.readPorts()).toEqual([])
    folder.writePorts([PORTS])
    expect(folder.readPorts()).toEqual([PORTS])
  })

  it.each([
    ['half a file', '[{"transferPort": 1'],
    ['something else', '{"ports": 7}'],
  ])('takes free ports when it finds %s', (_name, text) => {
    const path = temporaryFolder()
    writeFileSync(join(path, 'datanode-ports.json'), text)
    expect(new ClusterFolder(path).readPorts()).toEqual([])
  })

  it('reads a port that cannot be one as none', () => {
    const path = temporaryFolder()
    writeFileSync(join(path, 'datanode-ports.json'), '[{"transferPort": 99999, "httpPort": "x"}]')
    expect(new ClusterFolder(path).readPorts()).toEqual([
      { transferPort: 0, httpPort: 0, ipcPort: 0 },
    ])
  })

  it('puts a log aside when it has grown large', () => {
    const folder = new ClusterFolder(temporaryFolder())
    writeFileSync(folder.logFile('namenode'), 'old')
    truncateSync(folder.logFile('namenode'), 17 * 2 ** 20)
    const log = folder.openLog('namenode')
    writeSync(log, 'new')
    closeSync(log)
    expect(readFileSync(folder.logFile('namenode'), 'utf8')).toBe('new')
    expect(readFileSync(`${folder.logFile('namenode')}.1`, 'utf8').slice(0, 3)).toBe('old')
  })
})
