/** Joining files (protocol reference 2.5). */
import { describe, expect, it } from 'vitest'
import { as, createArguments, type Fixture, ROOT, refusal, writeFile } from './namespace-fixture.js'
import { namespaceForEach } from './namespace-for-each.js'

let fixture: Fixture
namespaceForEach(
  (it) => {
    fixture = it
  },
  { minBlockSizeBytes: 100 },
)

const concat = (target: string, sources: readonly string[], call = ROOT) =>
  fixture.namespace.concat(call, { target, sources })

describe('concat', () => {
  it('appends the blocks of the sources in their order, and the sources are gone', async () => {
    const { namespace, clock } = fixture
    const { id } = await writeFile(namespace, '/d/a', [1000, 476])
    const b = await writeFile(namespace, '/d/b', [1000, 10], ROOT, { replication: 2 })
    const c = await writeFile(namespace, '/d/c', [700])
    const blocks = [id, b.id, c.id].flatMap((it) => namespace.blocksOfFile(it).map(({ id }) => id))
    clock.nowMs += 10
    const changed: number[] = []
    namespace.onCommitted((change) => changed.push(...change.blocks))
    await concat('/d/a', ['/d/b', '/d/c'])
    expect(namespace.blocksOfFile(id).map((it) => it.id)).toEqual(blocks)
    // The replication of the target counts from now on: those that asked for another are looked at again.
    expect(changed).toEqual(blocks.slice(2, 4))
    expect(namespace.status(ROOT, '/d/a')).toMatchObject({
      lengthBytes: 3186,
      modificationTimeMs: clock.nowMs,
    })
    expect(namespace.list(ROOT, '/d', '', 9)?.entries.map((it) => it.name)).toEqual(['a'])
    expect(namespace.contentSummary(ROOT, '/d')).toMatchObject({
      fileCount: 1,
      lengthBytes: 3186,
      spaceConsumedBytes: 3 * 3186,
    })
    expect(namespace.deletedBlocksAfter(0, 9)).toEqual([])
    // Short blocks in the middle: offsets are sums, not multiples.
    const offsets = namespace.fileBlocks(ROOT, '/d/a', 0, 9999).blocks.map((it) => it.offsetBytes)
    expect(offsets).toEqual([0, 1000, 1476, 2476, 2486])
    expect(namespace.fileBlocks(ROOT, '/d/a', 2480, 1).blocks.map((it) => it.id)).toEqual([
      blocks[3],
    ])
  })

  it('is refused with the texts of HDFS, and then nothing has happened', async () => {
    const { namespace } = fixture
    for (const name of ['a', 'b', 'c']) await writeFile(namespace, `/d/${name}`, [500])
    await writeFile(namespace, '/e/x', [500])
    await writeFile(namespace, '/d/empty', [])
    await writeFile(namespace, '/d/wide', [500], ROOT, { blockSizeBytes: 2000 })
    await namespace.create(ROOT, createArguments('/d/open', { holder: 'H7' }))
    const before = namespace.lastTransactionId()
    const cases: readonly (readonly [string, readonly string[], string])[] = [
      ['/d/a', [], 'JAVA_ILLEGAL_ARGUMENT: No sources given'],
      [
        '/d/a',
        ['/d/a'],
        'ILLEGAL_ARGUMENT: concat: the src file /d/a is the same with the target file /d/a',
      ],
      [
        '/d/a',
        ['/d/b', '/e/x'],
        'ILLEGAL_ARGUMENT: Source file /e/x is not in the same directory with the target /d/a',
      ],
      ['/d/open', ['/d/b'], 'ILLEGAL_ARGUMENT: concat: target file /d/open is under construction'],
      [
        '/d/a',
        ['/d/open'],
        'ILLEGAL_ARGUMENT: concat: source file /d/open is invalid or empty or underConstruction',
      ],
      [
        '/d/a',
        ['/d/empty'],
        'ILLEGAL_ARGUMENT: concat: source file /d/empty is invalid or empty or underConstruction',
      ],
      [
        '/d/a',
        ['/d/b', '/d/b'],
        'ILLEGAL_ARGUMENT: concat: at least two of the source files are the same',
      ],
      [
        '/d/a',
        ['/d/wide'],
        "ILLEGAL_ARGUMENT: concat: source file /d/wide has preferred block size 2000 which is greater than the target file's preferred block size 1000",
      ],
      ['/d', ['/d/b'], 'NOT_FOUND: Path is not a file: /d'],
      ['/d/none', ['/d/b'], 'NOT_FOUND: File does not exist: /d/none'],
      ['/d/a', ['/d/none'], 'NOT_FOUND: File does not exist: /d/none'],
    ]
    for (const [target, sources, text] of cases) {
      expect(await refusal(concat(target, sources)), text).toBe(text)
    }
    expect(await refusal(concat('/d/a', ['/d/b'], as('eve')))).toContain('PERMISSION_DENIED')
    expect(namespace.lastTransactionId()).toBe(before)
  })

  it('answers a repeated request, also after a restart', async () => {
    const call = as('hdfs', {
      requestId: { clientId: '00112233445566778899aabbccddeeff', callId: 3 },
    })
    await writeFile(fixture.namespace, '/a', [500])
    await writeFile(fixture.namespace, '/b', [500])
    await concat('/a', ['/b'], call)
    await fixture.reopen()
    await concat('/a', ['/b'], call)
    expect(fixture.namespace.status(ROOT, '/a')?.lengthBytes).toBe(1000)
  })
})
