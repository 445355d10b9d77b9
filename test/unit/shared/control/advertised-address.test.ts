import { describe, expect, it } from 'vitest'
import {
  advertisedAddress,
  isAdvertisedAddress,
} from '../../../../shared/control/advertised-address.js'

const OWN = { transferPort: 9866, httpPort: 9864, ipcPort: 9867 }

describe('an advertised address', () => {
  it('takes the ports that it does not name from the datanode', () => {
    expect(advertisedAddress('files.example', OWN)).toEqual({
      host: 'files.example',
      ...OWN,
      from: [],
      via: [],
    })
  })

  it('names ports, networks and ways in any order', () => {
    const text =
      'localhost:19866 via:18020 ipc:19867 from:172.18.0.0/16 http:19864 from:fd00::/8 via:10.0.0.5'
    expect(advertisedAddress(text, OWN)).toEqual({
      host: 'localhost',
      transferPort: 19866,
      httpPort: 19864,
      ipcPort: 19867,
      from: ['172.18.0.0/16', 'fd00::/8'],
      via: ['18020', '10.0.0.5'],
    })
  })

  it('may be an IPv6 address in brackets', () => {
    const { host, transferPort } = advertisedAddress('[fd00::1]:19866', OWN)
    expect({ host, transferPort }).toEqual({ host: 'fd00::1', transferPort: 19866 })
  })

  it.each([
    '',
    ':9866',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:19866:19864',
    '[localhost]:9866',
    'localhost 9864',
    'localhost http:many',
    'localhost from:somewhere',
    'localhost from:10.0.0.0/40',
    'localhost via:',
    'localhost via:eth0',
    'localhost port:9866',
  ])('is refused as %j', (text) => {
    expect(isAdvertisedAddress(text)).toBe(false)
  })
})
