import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { OneMoment } from '../../../../namenode/service/namespace/one-moment.js'
import { Database } from '../../../../shared/sqlite.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

let writer: Database
let moment: OneMoment
let count: () => unknown
const versions: number[] = []

beforeEach(() => {
  const path = join(temporaryFolder(), 'some.db')
  writer = new Database(path)
  writer.pragma('journal_mode = WAL')
  writer.exec('CREATE TABLE thing (id INTEGER PRIMARY KEY)')
  const reader = new Database(path, { readonly: true })
  const statement = reader.prepare('SELECT count(*) FROM thing').pluck()
  count = () => statement.get()
  versions.length = 0
  moment = new OneMoment(reader, (version) => versions.push(version))
})

const add = () => writer.exec('INSERT INTO thing DEFAULT VALUES')

describe('reads at one moment', () => {
  it('see nothing of what is committed meanwhile, the next ones do', () => {
    const seen = moment.run(() => {
      const first = count()
      add()
      return [first, moment.run(count), count()]
    })
    expect(seen).toEqual([0, 0, 0])
    expect(moment.run(count)).toBe(1)
  })

  it('say once for each moment which state it is', () => {
    moment.run(() => moment.run(count))
    moment.run(count)
    expect(versions).toHaveLength(2)
    expect(versions[0]).toBe(versions[1])
    add()
    moment.run(count)
    expect(versions[2]).not.toBe(versions[1])
  })

  it('end when a read fails, however deep', () => {
    const fail = () => {
      throw new Error('no such thing')
    }
    expect(() => moment.run(() => moment.run(fail))).toThrow('no such thing')
    add()
    expect(moment.run(count)).toBe(1)
  })
})

describe('reads that come together', () => {
  it('see the state of the first of them, and those afterwards the new one', () => {
    const seen: unknown[] = []
    moment.together(() => {
      add()
      seen.push(moment.run(count))
      add()
      moment.together(() => seen.push(moment.run(count)))
      seen.push(moment.run(count))
    })
    expect(seen).toEqual([1, 1, 1])
    expect(versions).toHaveLength(1)
    expect(moment.run(count)).toBe(2)
  })

  it('open nothing when there are none', () => {
    moment.together(add)
    expect(versions).toEqual([])
    expect(moment.run(count)).toBe(1)
  })

  it('end when one fails, and when all do', () => {
    const fail = () => {
      throw new Error('no such thing')
    }
    expect(() => moment.together(() => moment.run(fail))).toThrow('no such thing')
    add()
    expect(moment.run(count)).toBe(1)
    moment.together(() => {
      expect(() => moment.run(fail)).toThrow('no such thing')
      add()
      expect(moment.run(count)).toBe(1)
    })
    expect(moment.run(count)).toBe(2)
  })
})
