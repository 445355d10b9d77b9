/** Our own client and command line against a real Apache HDFS: nothing of ours on the other side. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DfsClient } from '../../shared/client/dfs-client.js'
import { ApacheHdfs } from '../support/apache-hdfs.js'
import { content } from '../support/content.js'
import { run } from '../support/foreign-clients.js'
import { waitUntil } from '../support/wait-until.js'

const KIB = 1024
const BLOCK = 1024 * KIB
const COMMAND = join(import.meta.dirname, '..', '..', 'bin', 'dfs')

let apache: ApacheHdfs
let client: DfsClient
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dfs-interop-'))
  apache = await ApacheHdfs.start({ datanodes: 3 })
  client = DfsClient.connect({ fs: apache.fs })
})

afterAll(async () => {
  await client?.close()
  await apache?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const dfs = (...words: string[]) => run(COMMAND, words, { environment: { DFS_FS: apache.fs } })

async function output(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await dfs(...words)
  expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: '' })
  return stdout
}

async function remoteLength(path: string): Promise<number> {
  return (await client.stat(path)).lengthBytes
}

describe('the client library', () => {
  it.each([
    0,
    1,
    511,
    512,
    513,
    64 * KIB - 1,
    64 * KIB,
    64 * KIB + 1,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    3 * BLOCK + 77,
  ])('stores and reads back a file of %i bytes', async (lengthBytes) => {
    const bytes = content(lengthBytes, lengthBytes)
    const path = `/sizes/${lengthBytes}`
    await client.writeFile(path, bytes)
    expect(await remoteLength(path)).toBe(lengthBytes)
    expect((await client.readFile(path)).equals(bytes)).toBe(true)
  })

  it('has the checksum that Apache computes', async () => {
    await client.writeFile('/sums/a', content(1, 3 * BLOCK + 77))
    const printed = await apache.shell('-checksum', '/sums/a')
    const checksum = await client.checksum('/sums/a')
    expect(printed).toContain(Buffer.from(checksum.bytes).toString('hex'))
  })

  it.each([
    ' leading and  inner spaces ',
    '100%',
    'a+b=c&d?e',
    '#number',
    'caf\u00e9',
    'cafe\u0301',
    '\u{1f4be}',
    'x'.repeat(255),
  ])('keeps the name %j', async (name) => {
    await client.writeFile(`/names/${name}`, name)
    const names: string[] = []
    for await (const entry of client.list('/names')) names.push(entry.name)
    expect(names).toContain(name)
    expect((await client.readFile(`/names/${name}`)).toString()).toBe(name)
  })

  it('lists a folder of more entries than one page holds', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `entry-${index}`)
    await client.mkdir('/many')
    const pending = new Set(names)
    const worker = async () => {
      for (const name of pending) {
        pending.delete(name)
        await client.mkdir(`/many/${name}`)
      }
    }
    await Promise.all(Array.from({ length: 32 }, worker))
    const listed: string[] = []
    for await (const entry of client.list('/many')) listed.push(entry.name)
    expect(listed).toEqual(names.toSorted())
  })

  it('appends, block after block, and sees what was flushed before the file is closed', async () => {
    const first = content(2, BLOCK - 300)
    const second = content(3, BLOCK + 800)
    await client.writeFile('/appended', first)
    const file = await client.append('/appended')
    await file.write(second)
    await file.hflush()
    const expected = Buffer.concat([first, second])
    expect((await client.readFile('/appended')).equals(expected)).toBe(true)
    await file.close()
    expect((await client.readFile('/appended')).equals(expected)).toBe(true)
  })

  it('reads any range', async () => {
    const bytes = content(4, 3 * BLOCK)
    await client.writeFile('/ranges', bytes)
    const file = await client.open('/ranges')
    for (const [from, length] of [
      [0, 1],
      [511, 2],
      [BLOCK - 1, 2],
      [BLOCK + 5, 2 * BLOCK],
      [3 * BLOCK - 1, 10],
    ] as const) {
      const pieces: Uint8Array[] = []
      for await (const piece of file.read(from, length)) pieces.push(piece)
      expect(Buffer.concat(pieces).equals(bytes.subarray(from, from + length))).toBe(true)
    }
    await file.close()
  })

  it('tells refusals by their codes', async () => {
    await client.writeFile('/refused/file', 'x')
    await expect(client.readFile('/nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(client.writeFile('/refused/file', 'y')).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    await expect(client.delete('/refused')).rejects.toMatchObject({ code: 'NOT_EMPTY' })
    await expect(client.mkdir('/refused/file/below')).rejects.toMatchObject({
      code: 'PARENT_NOT_DIRECTORY',
    })
    await client.chmod('/refused', 0o700)
    const stranger = DfsClient.connect({ fs: apache.fs, user: 'stranger' })
    await expect(stranger.readFile('/refused/file')).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
    await stranger.close()
  })
})

describe('the command line', () => {
  it('leads an ordinary life', async () => {
    const bytes = content(5, 2 * BLOCK + 5)
    const local = join(folder, 'life')
    writeFileSync(local, bytes)
    await output('mkdir', '-p', '/life/deep')
    await output('put', local, '/life/a')
    expect(await output('ls', '/life')).toMatch(/3 root .* 2097157 .* \/life\/a/)
    await output('cp', '/life/a', '/life/deep/b')
    await output('mv', '/life/deep/b', '/life/deep/c')
    await output('appendToFile', local, '/life/deep/c')
    expect(await output('du', '-s', '/life')).toMatch(/^6291471 +18874413 +\/life/)
    expect(await output('count', '/life')).toMatch(/2 +2 +6291471 \/life/)
    await output('setrep', '-w', '2', '/life/a')
    await output('chmod', '640', '/life/a')
    await output('chown', 'someone:somegroup', '/life/a')
    expect(await output('stat', '%r %u %g %a', '/life/a')).toBe('2 someone somegroup 640\n')
    await output('get', '/life/a', `${local}.back`)
    expect((await readFile(`${local}.back`)).equals(bytes)).toBe(true)
    expect((await output('tail', '/life/a')).length).toBeGreaterThan(0)
    expect(await output('checksum', '/life/a')).toContain('MD5-of-')
    expect(await output('find', '/life', '-name', 'c')).toBe('/life/deep/c\n')
    expect(await output('df')).toContain(apache.fs)
    expect(await output('report')).toContain('Live datanodes (3)')
    await dfs('rm', '-r', '/life')
    expect(await client.exists('/life')).toBe(false)
    expect(await client.exists('/user/root/.Trash/Current/life/a')).toBe(true)
  })

  it.each([
    [['ls', '/nothing'], 'No such file or directory'],
    [['rmdir', '/sizes'], 'Directory is not empty'],
    [['mkdir', '/sizes'], 'File exists'],
    [['cat', '/sizes'], 'Is a directory'],
  ])('%j fails as it does on our own cluster', async (words, text) => {
    const { exitCode, stderr } = await dfs(...words)
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(text) })
  })

  it('puts and gets a folder', async () => {
    const tree = join(folder, 'tree')
    mkdirSync(join(tree, 'deep', 'er'), { recursive: true })
    for (let index = 0; index < 40; index += 1) {
      writeFileSync(
        join(tree, index % 2 === 0 ? 'deep' : 'deep/er', `${index}`),
        content(index, index * 1000),
      )
    }
    await output('put', tree, '/tree')
    await output('get', '/tree', `${tree}.back`)
    for (let index = 0; index < 40; index += 1) {
      const name = join(`${tree}.back`, index % 2 === 0 ? 'deep' : 'deep/er', `${index}`)
      expect((await readFile(name)).equals(content(index, index * 1000))).toBe(true)
    }
  })
})

/** Last: a datanode is missing from here on. */
describe('a datanode of Apache that dies', () => {
  it('in the middle of a write and of a read costs no byte', async () => {
    const bytes = content(6, 300 * BLOCK)
    const read = await client
      .writeFile('/big', bytes.subarray(0, 100 * BLOCK))
      .then(() => client.open('/big'))
    const file = await client.create('/written', { blockSizeBytes: 64 * BLOCK })
    let killed: Promise<void> | undefined
    const pieces: Uint8Array[] = []
    const reading = (async () => {
      for await (const piece of read.read(0, 100 * BLOCK)) {
        pieces.push(piece)
        await waitUntil(() => killed !== undefined || pieces.length < 30, { what: 'the kill' })
      }
    })()
    for (let at = 0; at < bytes.length; at += BLOCK) {
      if (at === 70 * BLOCK) killed = apache.killDatanode(0)
      await file.write(bytes.subarray(at, at + BLOCK))
    }
    await Promise.all([file.close(), reading, killed])
    expect(Buffer.concat(pieces).equals(bytes.subarray(0, 100 * BLOCK))).toBe(true)
    expect((await client.readFile('/written')).equals(bytes)).toBe(true)
  })
})
