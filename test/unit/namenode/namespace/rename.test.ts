/** The tables of rename and rename2 (protocol reference 2.5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type Fixture, openFixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { checkStore } from './store-checks.js'

let fixture: Fixture
let number = 0
/** Each case gets a folder of its own: f and g files, d an empty directory, full a directory with a file. */
async function freshFolder(): Promise<string> {
  const at = `/case${number++}`
  for (const name of ['d', 'full']) {
    await fixture.namespace.mkdirs(ROOT, {
      path: `${at}/${name}`,
      permission: 0o755,
      createParent: true,
    })
  }
  for (const name of ['f', 'g', 'full/x']) await writeFile(fixture.namespace, `${at}/${name}`, [10])
  return at
}
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(async () => {
  checkStore(fixture.folder)
  await fixture.dispose()
})

describe('rename', () => {
  it.each([
    ['f', 'new', true, 'new'],
    ['f', 'd', true, 'd/f'],
    ['d', 'full', true, 'full/d'],
    ['f', 'full/y', true, 'full/y'],
    ['f', 'f', true, 'f'],
    ['f', 'new/', true, 'new'],
    ['d', 'd', false, 'd'],
    ['none', 'new', false, undefined],
    ['f', 'g', false, 'f'],
    ['f', 'no/parent', false, 'f'],
    ['full', 'full/inside', false, 'full'],
    ['full', 'full/deep/er', false, 'full'],
    ['full/x', 'full', true, 'full/x'],
  ])('%s to %s answers %s', async (from, to, expected, where) => {
    const at = await freshFolder()
    const { namespace } = fixture
    const before = namespace.status(ROOT, `${at}/${from}`)
    const answer = await namespace.rename(ROOT, { from: `${at}/${from}`, to: `${at}/${to}` })
    expect(answer).toBe(expected)
    if (where !== undefined) expect(namespace.status(ROOT, `${at}/${where}`)?.id).toBe(before?.id)
  })

  it('never moves the root, and moves into the root by its name', async () => {
    const at = await freshFolder()
    const { namespace } = fixture
    expect(await namespace.rename(ROOT, { from: '/', to: `${at}/r` })).toBe(false)
    expect(await namespace.rename(ROOT, { from: `${at}/g`, to: '/' })).toBe(true)
    expect(namespace.status(ROOT, '/g')?.lengthBytes).toBe(10)
  })

  it('takes the totals along', async () => {
    const at = await freshFolder()
    const { namespace } = fixture
    await namespace.rename(ROOT, { from: `${at}/full`, to: `${at}/d` })
    expect(namespace.contentSummary(ROOT, `${at}/d`)).toMatchObject({
      fileCount: 1,
      directoryCount: 2,
      lengthBytes: 10,
    })
    expect(namespace.contentSummary(ROOT, at)).toMatchObject({
      fileCount: 3,
      directoryCount: 3,
      lengthBytes: 30,
    })
  })

  it('refuses names that may not be made', async () => {
    const at = await freshFolder()
    const move = (to: string) => refusal(fixture.namespace.rename(ROOT, { from: `${at}/f`, to }))
    expect(await move(`${at}/../x`)).toContain('INVALID_PATH: Invalid path name Invalid file name:')
    expect(await move(`${at}/${'x'.repeat(256)}`)).toContain(
      `in directory ${at} is exceeded: limit=255 length=256`,
    )
    expect(await move(`${at}/f/below`)).toBe(`PARENT_NOT_DIRECTORY: ${at}/f (is not a directory)`)
  })
})

describe('rename2', () => {
  it.each([
    ['none', 'new', false, 'NOT_FOUND: rename source @/none is not found.'],
    ['f', 'f', true, 'ALREADY_EXISTS: The source @/f and destination @/f are the same'],
    [
      'full',
      'full/in',
      false,
      'IO: Rename destination @/full/in is a directory or file under source @/full',
    ],
    ['f', 'd', false, 'IO: Source @/f and destination @/d must both be directories'],
    ['d', 'f', true, 'IO: Source @/d and destination @/f must both be directories'],
    ['f', 'g', false, 'ALREADY_EXISTS: rename destination @/g already exists'],
    ['d', 'full', false, 'ALREADY_EXISTS: rename destination @/full already exists'],
    ['d', 'full', true, 'IO: rename destination directory is not empty: @/full'],
    ['f', 'no/parent', false, 'NOT_FOUND: rename destination parent @/no/parent not found.'],
    ['f', 'g/below', false, 'PARENT_NOT_DIRECTORY: @/g (is not a directory)'],
  ])('%s to %s (overwrite %s) is refused', async (from, to, overwrite, expected) => {
    const at = await freshFolder()
    const change = { from: `${at}/${from}`, to: `${at}/${to}`, overwrite }
    expect(await refusal(fixture.namespace.renameStrictly(ROOT, change))).toBe(
      expected.replaceAll('@', at),
    )
  })

  it.each([
    ['f', 'new', false],
    ['f', 'g', true],
    ['full', 'd', true],
  ])('%s to %s (overwrite %s) replaces and keeps the inode', async (from, to, overwrite) => {
    const at = await freshFolder()
    const { namespace } = fixture
    const before = namespace.status(ROOT, `${at}/${from}`)
    await namespace.renameStrictly(ROOT, { from: `${at}/${from}`, to: `${at}/${to}`, overwrite })
    expect(namespace.status(ROOT, `${at}/${to}`)?.id).toBe(before?.id)
    expect(namespace.status(ROOT, `${at}/${from}`)).toBeUndefined()
  })

  it('refuses the root', async () => {
    const { namespace } = fixture
    const strict = (from: string, to: string) =>
      refusal(namespace.renameStrictly(ROOT, { from, to, overwrite: true }))
    const at = await freshFolder()
    expect(await strict('/', `${at}/x`)).toBe('IO: rename source cannot be the root')
    expect(await strict(`${at}/f`, '/')).toBe('IO: rename destination cannot be the root')
  })
})

describe('rights to rename', () => {
  it('are write on both parents, and the sticky rule', async () => {
    const { namespace } = fixture
    const [ann, eve] = [as('ann'), as('eve')]
    for (const [path, permission] of [
      ['/closed', 0o755],
      ['/shared', 0o1777],
      ['/open', 0o777],
    ] as const) {
      await namespace.mkdirs(ROOT, { path, permission, createParent: true })
    }
    await namespace.mkdirs(ann, { path: '/shared/ann', permission: 0o755, createParent: true })
    const move = (call: typeof ann, from: string, to: string) =>
      refusal(namespace.rename(call, { from, to }))
    expect(await move(eve, '/shared/ann', '/open/x')).toContain(
      'Permission denied by sticky bit: user=eve',
    )
    expect(await move(ann, '/shared/ann', '/closed/x')).toContain(
      'Permission denied: user=ann, access=WRITE, inode="/closed":hdfs:supergroup:drwxr-xr-x',
    )
    expect(await namespace.rename(ann, { from: '/shared/ann', to: '/open/ann' })).toBe(true)
  })
})
