/** The writer in its thread: the same answers as inline, and an end that its callers hear of. */
import { cpSync } from 'node:fs'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../../shared/clock.js'
import buildFirst from '../../../support/build-first.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import {
  createArguments,
  openOn,
  ROOT,
  refusal,
  writeFile,
} from '../namespace/namespace-fixture.js'
import { checkStore } from '../namespace/store-checks.js'

const openThread = (folder: string) => openOn(folder, systemClock, {}, 'thread')

describe('the writer in its thread', () => {
  // A worker starts from built JavaScript.
  beforeAll(() => buildFirst(), 120_000)

  it('gives the same answers, effects and refusals as inline, and lets the reader see each at once', async () => {
    const folder = temporaryFolder()
    const namespace = await openThread(folder)
    const blocks: number[] = []
    namespace.onCommitted((change) => blocks.push(...change.blocks))
    await writeFile(namespace, '/a/f', [1000, 5])
    expect(namespace.status(ROOT, '/a/f')?.lengthBytes).toBe(1005)
    expect(blocks).toEqual(namespace.blocksAfter(0, 9).map((it) => it.id))
    expect(await refusal(namespace.create(ROOT, createArguments('/a')))).toBe(
      'ALREADY_EXISTS: /a already exists as a directory',
    )
    const many = Array.from({ length: 2000 }, (_, number) =>
      namespace.mkdirs(ROOT, { path: `/many/${number}`, permission: 0o755, createParent: true }),
    )
    await Promise.all(many)
    expect(namespace.status(ROOT, '/many')?.childrenCount).toBe(2000)
    expect(namespace.writerStatistics.batches).toBeLessThan(1000)
    const image = temporaryFolder()
    cpSync(folder, image, { recursive: true })
    await namespace.close()
    checkStore(folder)
    // What a kill would have left is the same.
    const again = await openOn(image, systemClock)
    expect(again.status(ROOT, '/many')?.childrenCount).toBe(2000)
    await again.close()
  })

  it('hands over why a folder cannot be opened, and frees the lock', async () => {
    const folder = temporaryFolder()
    const first = await openThread(folder)
    expect(await refusal(openThread(folder))).toContain('DATA_FOLDER_LOCKED')
    await first.close()
    cpSync(import.meta.filename, `${folder}/namespace.db`)
    expect(await refusal(openThread(folder))).toContain('DATABASE_CORRUPT')
    expect(await refusal(openThread(folder))).toContain('DATABASE_CORRUPT')
  })

  it('finishes what waits when it is closed', async () => {
    const folder = temporaryFolder()
    const namespace = await openThread(folder)
    onTestFinished(() => namespace.close())
    const waiting = Array.from({ length: 50 }, (_, number) =>
      namespace.mkdirs(ROOT, { path: `/w${number}`, permission: 0o755, createParent: true }),
    )
    const closing = namespace.close()
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => true))
    await closing
    expect(
      await refusal(namespace.mkdirs(ROOT, { path: '/x', permission: 0, createParent: true })),
    ).toContain('SHUTTING_DOWN')
  })
})
