import { describe, expect, it } from 'vitest'
import {
  answersToName,
  listeningAddresses,
  reachableAddresses,
} from '../../../datanode/own-addresses.js'

const names: Readonly<Record<string, readonly string[]>> = {
  'node1.example': ['10.0.0.5', 'fd00::5'],
  debian: ['127.0.1.1'],
}
const lookUp = async (name: string) => names[name] ?? []

describe('a datanode that is bound to', () => {
  it('an address registers that one', async () => {
    const bound = await listeningAddresses('10.0.0.5', lookUp)
    expect(reachableAddresses(bound)).toEqual(['10.0.0.5'])
  })

  it('a name registers what the name means', async () => {
    const bound = await listeningAddresses('node1.example', lookUp)
    expect(reachableAddresses(bound)).toEqual(['10.0.0.5', 'fd00::5'])
  })

  it('everything registers loopback last', async () => {
    const bound = await listeningAddresses('0.0.0.0', lookUp)
    expect(reachableAddresses(bound).at(-1)).toBe('127.0.0.1')
  })
})

describe('the name of a machine', () => {
  it.each([
    ['node1.example', '10.0.0.5', true],
    ['node1.example', '127.0.0.1', false],
    ['debian', '127.0.0.1', false],
    ['debian', '0.0.0.0', true],
    ['unknown', '0.0.0.0', false],
  ])('%s leads to a datanode bound to %s: %s', async (name, bindHost, expected) => {
    const bound = await listeningAddresses(bindHost, lookUp)
    expect(await answersToName(name, bound, lookUp)).toBe(expected)
  })
})
