import { describe, expect, it } from 'vitest'
import {
  commonPrefixBits,
  hostInUrl,
  isInNetwork,
  localHostOf,
  parseNetwork,
} from '../../../shared/ip-address.js'

describe('equal leading bits of', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', 32],
    ['10.0.0.1', '10.0.0.0', 31],
    ['10.0.0.1', '138.0.0.1', 0],
    ['10.1.0.0', '10.0.0.0', 15],
    ['::ffff:10.0.0.1', '10.0.0.1', 32],
    ['fd00::1', 'fd00::1', 128],
    ['fd00:1::1', 'fd00:2::1', 30],
    ['fe80::1%eth0', 'fe80::1', 128],
    ['10.0.0.1', 'fd00::1', 0],
    ['10.0.0.1', 'somewhere', 0],
  ])('%s and %s are %d', (one, other, bits) => {
    expect(commonPrefixBits(one, other)).toBe(bits)
  })
})

describe('a server that listens at', () => {
  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::1', '[::1]'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is reached from its machine at %s', (bindHost, host) => {
    expect(hostInUrl(localHostOf(bindHost))).toBe(host)
  })
})

describe('a network', () => {
  it.each([
    ['10.8.0.9', '10.8.0.0/16', true],
    ['10.9.0.9', '10.8.0.0/16', false],
    ['10.9.0.9', '0.0.0.0/0', true],
    ['10.9.0.9', '10.9.0.9', true],
    ['10.9.0.8', '10.9.0.9', false],
    ['::ffff:10.8.0.9', '10.8.0.0/16', true],
    ['fd00::9', 'fd00::/8', true],
    ['fd00::9', '0.0.0.0/0', false],
  ])('has %s in %s: %s', (address, network, expected) => {
    expect(isInNetwork(address, network)).toBe(expected)
  })

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'name/8', '::/129', '1::2::3', ''])(
    'is not what %j says',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined()
    },
  )
})
