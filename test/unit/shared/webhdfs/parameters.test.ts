import { describe, expect, it } from 'vitest'
import { createParameters } from '../../../../shared/webhdfs/create-parameters.js'
import { WebhdfsParameters } from '../../../../shared/webhdfs/parameters.js'
import { encodePath, pathOfWebhdfsUrl, webhdfsUrlOfPath } from '../../../../shared/webhdfs/url.js'

const of = (query: string) => WebhdfsParameters.ofUrl(`/webhdfs/v1/x?${query}`)

describe('paths of WebHDFS URLs', () => {
  it.each([
    ['/webhdfs/v1', '/'],
    ['/webhdfs/v1/', '/'],
    ['/webhdfs/v1/?op=X', '/'],
    ['/webhdfs/v1//c1/', '/c1'],
    ['/webhdfs/v1/a+b%20c%2Fd?op=MKDIRS', '/a+b c/d'],
    ['/webhdfs/v1/%252e%252e', '/%2e%2e'],
    ['/webhdfs/v1/%C3%A9/e%CC%81', '/\u00e9/e\u0301'],
  ])('%s names %s', (url, path) => {
    expect(pathOfWebhdfsUrl(url)).toBe(path)
  })

  it.each(['/webhdfs/v1/%zz', '/webhdfs/v1/%ff'])('%s is refused', (url) => {
    expect(() => pathOfWebhdfsUrl(url)).toThrow(/bad escape/)
  })

  it('survive a round trip, whatever is in them', () => {
    for (const path of ['/a b', '/100%', '/a+b', '/#?&=', '/ü/日本', "/'quote'"]) {
      expect(pathOfWebhdfsUrl(`${webhdfsUrlOfPath(path)}?op=OPEN`)).toBe(path)
    }
    expect(encodePath('/a b/c\r\n')).toBe('/a%20b/c%0D%0A')
  })
})

describe('parameters', () => {
  it('have names in any case, and the first of two counts', () => {
    const parameters = of('User.Name=alice&user.name=bob&empty=')
    expect(parameters.userName('user.name')).toBe('alice')
    expect(parameters.text('empty')).toBeUndefined()
    expect(of('a=x%20y+z').text('a')).toBe('x y z')
  })

  it.each([
    ['overwrite=True', true],
    ['overwrite=false', false],
    ['', false],
    ['overwrite=null', false],
  ])('read %s as %s', (query, value) => {
    expect(of(query).boolean('overwrite', false)).toBe(value)
  })

  it.each([
    [
      'b=yes',
      (it: WebhdfsParameters) => it.boolean('b', true),
      'Failed to parse "yes" to Boolean.',
    ],
    [
      'offset=-1',
      (it: WebhdfsParameters) => it.long('offset', 0),
      'Invalid parameter range: offset = -1 < 0',
    ],
    [
      'offset=1e3',
      (it: WebhdfsParameters) => it.long('offset', 0),
      'Failed to parse "1e3" as a radix-10 long integer.',
    ],
    [
      'offset=9223372036854775808',
      (it: WebhdfsParameters) => it.long('offset', 0),
      'Failed to parse "9223372036854775808" as a radix-10 long integer.',
    ],
    [
      'permission=999',
      (it: WebhdfsParameters) => it.permission('permission'),
      'Failed to parse "999" as a radix-8 short integer.',
    ],
    [
      'permission=2000',
      (it: WebhdfsParameters) => it.permission('permission'),
      'Invalid parameter range: permission = 2000 > 1777',
    ],
    [
      'user.name=1a%20b',
      (it: WebhdfsParameters) => it.userName('user.name'),
      'Invalid value: "1a b" does not belong to the domain ^[A-Za-z_][A-Za-z0-9._-]*[$]?$',
    ],
    [
      'destination=c2',
      (it: WebhdfsParameters) => it.absolutePath('destination'),
      'Invalid parameter value: destination = "c2" is not an absolute path.',
    ],
    [
      'flag=NO',
      (it: WebhdfsParameters) => it.enumeration('flag', ['CREATE'], 'org.apache.X'),
      'No enum constant org.apache.X.NO',
    ],
  ])("refuse %s in Apache's words", (query, read, why) => {
    const name = query.split('=')[0]
    expect(() => read(of(query))).toThrow(`Invalid value for webhdfs parameter "${name}": ${why}`)
  })

  it('cut numbers that no file reaches to the largest exact one', () => {
    expect(of('length=9223372036854775807').long('length', 0)).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('name the operation that misses one', () => {
    expect(() => of('').required('destination', 'RENAME')).toThrow(
      'Required param destination for op: RENAME is null or empty',
    )
  })

  it('are bounded in number', () => {
    expect(() => of('a=1&'.repeat(101))).toThrow('Too many parameters')
  })
})

describe('what a CREATE asks for', () => {
  it('has the defaults of the protocol', () => {
    expect(createParameters(of('tempdir=/tmp'))).toEqual({
      overwrite: false,
      createParent: true,
      permission: 0o644,
      unmaskedPermission: undefined,
      replication: undefined,
      blockSizeBytes: undefined,
    })
  })

  it('may say overwrite in either of two ways', () => {
    expect(createParameters(of('createflag=create,overwrite')).overwrite).toBe(true)
    expect(createParameters(of('overwrite=true')).overwrite).toBe(true)
    expect(createParameters(of('createflag=&createparent=false')).createParent).toBe(false)
  })

  it.each(['replication=0', 'blocksize=0', 'buffersize=0', 'createflag=x', 'permission=8'])(
    'is refused with %s',
    (query) => {
      expect(() => createParameters(of(query))).toThrow(/Invalid value for webhdfs parameter/)
    },
  )
})
