import { describe, expect, it } from 'vitest'
import { addressForClient } from '../../../../namenode/policy/address-for-client.js'

interface Case {
  readonly name: string
  readonly registered: string
  readonly client: string
  readonly local: string
  /** Addresses of the namenode's machine. */
  readonly own?: string
  readonly expected: string
}

const CASES: readonly Case[] = [
  {
    name: 'loopback for a client on this machine when the datanode has nothing else',
    registered: '127.0.0.1',
    client: '127.0.0.1',
    local: '127.0.0.1',
    expected: '127.0.0.1',
  },
  {
    name: 'loopback for a client on this machine when the datanode is beside us',
    registered: '192.168.1.5 127.0.0.1',
    client: '127.0.0.1',
    local: '127.0.0.1',
    own: '192.168.1.5 127.0.0.1',
    expected: '127.0.0.1',
  },
  {
    name: 'no loopback of a datanode on another machine, which would be the client itself',
    registered: '127.0.0.1 192.168.1.6',
    client: '127.0.0.1',
    local: '127.0.0.1',
    own: '192.168.1.5',
    expected: '192.168.1.6',
  },
  {
    name: 'no loopback for a client from elsewhere',
    registered: '127.0.0.1 192.168.1.5',
    client: '192.168.1.77',
    local: '192.168.1.5',
    own: '192.168.1.5',
    expected: '192.168.1.5',
  },
  {
    name: 'the network through which the client came, not the first choice',
    registered: '10.0.0.6 192.168.1.6',
    client: '192.168.1.77',
    local: '192.168.1.5',
    expected: '192.168.1.6',
  },
  {
    name: 'the network of the dialled address also when the client is behind another one',
    registered: '10.0.0.6 192.168.1.6',
    client: '10.0.0.9',
    local: '192.168.1.5',
    expected: '192.168.1.6',
  },
  {
    name: 'the address nearest to the client when two are on the dialled network',
    registered: '172.18.4.3 172.18.7.3',
    client: '172.18.7.9',
    local: '172.18.0.2',
    expected: '172.18.7.3',
  },
  {
    name: 'the first choice when no network is shared',
    registered: '10.1.2.3 172.16.0.3',
    client: '192.168.9.9',
    local: '192.168.9.1',
    expected: '10.1.2.3',
  },
  {
    name: 'IPv4 even when IPv6 is the first choice, since clients write ip:port',
    registered: 'fd00::6 10.0.0.6',
    client: 'fd00::9',
    local: 'fd00::5',
    expected: '10.0.0.6',
  },
  {
    name: 'IPv6 when there is nothing else',
    registered: 'fd00::6',
    client: 'fd00::9',
    local: 'fd00::5',
    expected: 'fd00::6',
  },
  {
    name: 'the same for a client that a dual-stack socket shows as mapped',
    registered: '10.0.0.6 192.168.1.6',
    client: '::ffff:192.168.1.77',
    local: '::ffff:192.168.1.5',
    expected: '192.168.1.6',
  },
  {
    name: 'loopback when it is all there is, although it cannot work',
    registered: '127.0.0.1',
    client: '10.0.0.9',
    local: '10.0.0.5',
    expected: '127.0.0.1',
  },
  {
    name: 'no bridge that the namenode has too, since it leads everybody to the machine they are on',
    registered: '10.0.0.6 172.17.0.1 127.0.0.1',
    client: '172.17.0.9',
    local: '172.17.0.1',
    own: '10.0.0.5 172.17.0.1 127.0.0.1',
    expected: '10.0.0.6',
  },
  {
    name: 'no loopback of a machine that has only a bridge in common with the namenode',
    registered: '10.0.0.6 172.17.0.1 127.0.0.1',
    client: '127.0.0.1',
    local: '127.0.0.1',
    own: '10.0.0.5 172.17.0.1 127.0.0.1',
    expected: '10.0.0.6',
  },
  {
    name: 'the nearest of several IPv6 networks',
    registered: 'fd00:1::6 fd00:2::6',
    client: 'fd00:2::9',
    local: 'fd00:2::5',
    expected: 'fd00:2::6',
  },
]

describe('addressForClient answers', () => {
  it.each(CASES)('$name', ({ registered, client, local, own, expected }) => {
    const address = addressForClient(registered.split(' '), {
      clientAddress: client,
      localAddress: local,
      localPort: 8020,
      namenodeAddresses: new Set((own ?? '10.0.0.5').split(' ')),
    })
    expect(address).toBe(expected)
  })
})
