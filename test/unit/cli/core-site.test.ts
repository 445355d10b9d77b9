import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseFs } from '../../../cli/context.js'
import { readCoreSite } from '../../../cli/core-site.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const site = (body: string) => `<?xml version="1.0"?>
<?xml-stylesheet type="text/xsl" href="configuration.xsl"?>
<configuration>${body}</configuration>`

const property = (name: string, value: string) =>
  `<property><name>${name}</name><value>${value}</value></property>`

describe('readCoreSite()', () => {
  it.each([
    ['a plain file', property('fs.defaultFS', 'hdfs://nn:8020')],
    ['spaces and lines', property('\n fs.defaultFS ', '\n\t hdfs://nn:8020 \n')],
    [
      'descriptions and final',
      '<property><final>true</final><name>fs.defaultFS</name><description>the &lt;value&gt; is</description><value>hdfs://nn:8020</value></property>',
    ],
    [
      'comments around others',
      `<!-- ${property('fs.defaultFS', 'x')} -->${property('fs.defaultFS', 'hdfs://nn:8020')}`,
    ],
    ['entities', property('fs.defaultFS', 'hdfs:&#x2f;&#47;nn:8020')],
    ['CDATA', property('fs.defaultFS', '<![CDATA[hdfs://nn:8020]]>')],
    [
      'attributes',
      '<property a="b"><name c="d">fs.defaultFS</name><value>hdfs://nn:8020</value></property>',
    ],
    ['the last of two', property('fs.defaultFS', 'x') + property('fs.defaultFS', 'hdfs://nn:8020')],
    [
      'broken neighbours',
      `<property><name>a</name></property><property>${property('fs.defaultFS', 'hdfs://nn:8020')}`,
    ],
  ])('reads %s', (_name, body) => {
    expect(readCoreSite(site(body))['fs.defaultFS']).toBe('hdfs://nn:8020')
  })

  it.each(['', '<configuration>', 'not xml at all', '<property>'])('finds nothing in %j', (xml) => {
    expect(readCoreSite(xml)).toEqual({})
  })

  it('keeps what only looks like an entity', () => {
    expect(readCoreSite(site(property('a', 'b&c;&#99999999;&amp;')))['a']).toBe('b&c;&#99999999;&')
  })
})

describe('chooseFs()', () => {
  const folderWith = (xml: string) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'core-site.xml'), xml)
    return folder
  }

  it('prefers the option, then DFS_FS, then core-site.xml, then this machine', () => {
    const HADOOP_CONF_DIR = folderWith(site(property('fs.defaultFS', 'hdfs://site')))
    expect(chooseFs('hdfs://option', { DFS_FS: 'hdfs://env', HADOOP_CONF_DIR })).toBe(
      'hdfs://option',
    )
    expect(chooseFs(undefined, { DFS_FS: 'hdfs://env', HADOOP_CONF_DIR })).toBe('hdfs://env')
    expect(chooseFs(undefined, { HADOOP_CONF_DIR })).toBe('hdfs://site')
    expect(chooseFs(undefined, {})).toBe('hdfs://127.0.0.1:8020')
  })

  it('goes on without a core-site.xml, or with one that names no cluster', () => {
    expect(chooseFs(undefined, { HADOOP_CONF_DIR: temporaryFolder() })).toBe(
      'hdfs://127.0.0.1:8020',
    )
    expect(chooseFs(undefined, { HADOOP_CONF_DIR: folderWith(site('')) })).toBe(
      'hdfs://127.0.0.1:8020',
    )
  })

  it('says so when core-site.xml cannot be read', () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'core-site.xml'))
    expect(() => chooseFs(undefined, { HADOOP_CONF_DIR: folder })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    )
  })
})
