import { describe, expect, it } from 'vitest'
import { reachForClient } from '../../../../namenode/policy/reach-for-client.js'
import { advertisedAddress } from '../../../../shared/control/advertised-address.js'

const PORTS = { transferPort: 9866, httpPort: 9864, ipcPort: 9867 }
const MAPPED = '203.0.113.7:19866 http:19864 ipc:19867'

interface Case {
  readonly name: string
  readonly advertised: readonly string[]
  readonly client?: string
  readonly localPort?: number
  readonly isClusterMachine?: boolean
  readonly expected: string
}

const CASES: readonly Case[] = [
  {
    name: 'its own address and ports without a mapping',
    advertised: [],
    expected: '10.0.0.6:9866',
  },
  {
    name: 'a mapping for everybody to whoever is not of the cluster',
    advertised: [MAPPED],
    expected: '203.0.113.7:19866',
  },
  {
    name: 'no mapping for everybody to a machine of the cluster',
    advertised: [MAPPED],
    isClusterMachine: true,
    expected: '10.0.0.6:9866',
  },
  {
    name: 'no mapping for everybody to a program beside the namenode',
    advertised: [MAPPED],
    client: '127.0.0.1',
    expected: '10.0.0.6:9866',
  },
  {
    name: 'a mapping from its network',
    advertised: [`${MAPPED} from:192.0.2.0/24`],
    client: '192.0.2.9',
    expected: '203.0.113.7:19866',
  },
  {
    name: 'no mapping from another network',
    advertised: [`${MAPPED} from:192.0.2.0/24`],
    client: '10.0.0.9',
    expected: '10.0.0.6:9866',
  },
  {
    name: 'a mapping via the port that was dialled, also to the near end of a tunnel',
    advertised: [`${MAPPED} via:18020`],
    client: '127.0.0.1',
    localPort: 18020,
    isClusterMachine: true,
    expected: '203.0.113.7:19866',
  },
  {
    name: 'no mapping via another port',
    advertised: [`${MAPPED} via:18020`],
    expected: '10.0.0.6:9866',
  },
  {
    name: 'a mapping via the address that was dialled',
    advertised: [`${MAPPED} via:10.0.0.5`],
    expected: '203.0.113.7:19866',
  },
  {
    name: 'no mapping when only one of network and way fits',
    advertised: [`${MAPPED} via:18020 from:192.0.2.0/24`],
    localPort: 18020,
    expected: '10.0.0.6:9866',
  },
  {
    name: 'the first of the mappings that fit',
    advertised: ['first:1 from:192.0.2.0/24', 'second:2 from:10.0.0.0/8', 'third:3'],
    expected: 'second:2',
  },
]

describe('a client is told', () => {
  it.each(CASES)('$name', (it) => {
    const { advertised, client = '10.0.0.9', localPort = 8020, isClusterMachine = false } = it
    const reach = reachForClient(
      {
        hostname: 'node-6',
        answersToHostname: true,
        addresses: ['10.0.0.6'],
        advertised: advertised.map((text) => advertisedAddress(text, PORTS)),
        ...PORTS,
      },
      {
        clientAddress: client,
        localAddress: '10.0.0.5',
        localPort,
        namenodeAddresses: new Set(['10.0.0.5']),
      },
      isClusterMachine,
    )
    expect(`${reach.address}:${reach.transferPort}`).toBe(it.expected)
  })
})

describe('a client that connects by name is told', () => {
  const node = {
    hostname: 'node-6',
    answersToHostname: true,
    addresses: ['10.0.0.6'],
    advertised: [],
    ...PORTS,
  }
  const position = {
    clientAddress: '10.0.0.9',
    localAddress: '10.0.0.5',
    localPort: 8020,
    namenodeAddresses: new Set(['10.0.0.5']),
  }

  it('the name of the datanode', () => {
    expect(reachForClient(node, position, false).hostname).toBe('node-6')
  })

  it('the address that it can reach when the name leads nowhere', () => {
    const nameless = { ...node, answersToHostname: false }
    expect(reachForClient(nameless, position, false).hostname).toBe('10.0.0.6')
  })

  it('what is advertised, with its ports', () => {
    const advertised = [advertisedAddress(MAPPED, PORTS)]
    expect(reachForClient({ ...node, advertised }, position, false)).toEqual({
      address: '203.0.113.7',
      hostname: '203.0.113.7',
      transferPort: 19866,
      httpPort: 19864,
      ipcPort: 19867,
    })
  })
})
