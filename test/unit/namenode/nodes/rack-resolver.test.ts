import { describe, expect, it } from 'vitest'
import { RackResolver, type Topology } from '../../../../namenode/service/nodes/rack-resolver.js'
import { silentLog } from '../../../../shared/log.js'

function resolver(
  change: Partial<Topology>,
  answer: (names: readonly string[]) => string = () => '',
) {
  const runs: string[][] = []
  const topology = { table: [], script: undefined, argumentsAtOnce: 3, timeoutMs: 100, ...change }
  const racks = new RackResolver({
    topology,
    log: silentLog,
    run: async (_program, names) => {
      runs.push([...names])
      return answer(names)
    },
  })
  return { racks, runs }
}
const node = (address: string, hostname = 'host', rack = '/own') => ({
  hostname,
  addresses: [address],
  rack,
})

describe('the rack of a datanode', () => {
  it('is what the table says, by name or address, before all else', async () => {
    const table = ['host1=/a/b', '10.0.0.2=/c', '2001:db8::1=/d']
    const { racks } = resolver({ table, script: 'x' }, (names) => names.map(() => '/s').join(' '))
    expect(await racks.rackOf(node('10.0.0.1', 'HOST1'))).toBe('/a/b')
    expect(await racks.rackOf(node('10.0.0.2'))).toBe('/c')
    expect(await racks.rackOf(node('2001:db8::1'))).toBe('/d')
    expect(await racks.rackOf(node('10.0.0.9'))).toBe('/s')
  })
  it('is its own word when nobody else says anything', async () => {
    expect(await resolver({}).racks.rackOf(node('10.0.0.1'))).toBe('/own')
  })
  it('is asked of the script once for all that wait, in batches, and remembered', async () => {
    const { racks, runs } = resolver({ script: 'x' }, (names) =>
      names.map((it) => `/rack-${it}`).join('\n'),
    )
    const names = ['1', '2', '3', '4', '5']
    expect(await Promise.all(names.map((it) => racks.rackOf(node(it))))).toEqual(
      names.map((it) => `/rack-${it}`),
    )
    expect(runs).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ])
    expect(await racks.rackOf(node('4'))).toBe('/rack-4')
    expect(runs).toHaveLength(2)
  })
  it.each(['/a /b', 'a', '', '/a/ '])(
    'is its own word when the script answers %j',
    async (text) => {
      const { racks, runs } = resolver({ script: 'x' }, () => text)
      expect(await racks.rackOf(node('1'))).toBe('/own')
      expect(await racks.rackOf(node('1'))).toBe('/own')
      expect(runs).toHaveLength(2)
    },
  )
  it('is its own word when the script fails', async () => {
    const { racks } = resolver({ script: 'x' }, () => {
      throw new Error('killed')
    })
    expect(await racks.rackOf(node('1'))).toBe('/own')
  })
})
