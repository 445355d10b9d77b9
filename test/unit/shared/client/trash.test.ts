import { beforeEach, describe, expect, it } from 'vitest'
import { DfsError } from '../../../../shared/errors.js'
import { FakeClock } from '../../../support/fake-clock.js'
import { TEST_SEAMS } from '../../cli/run-command.js'
import { ScriptedCluster } from '../../cli/scripted-cluster.js'

const NOW_MS = 1_800_000_000_000
const CURRENT = '/user/alice/.Trash/Current'

let cluster: ScriptedCluster
const client = () =>
  cluster.connect({
    fs: 'hdfs://127.0.0.1:8020',
    user: 'alice',
    seams: { ...TEST_SEAMS, clock: new FakeClock({ wallMs: NOW_MS }) },
  })

beforeEach(() => {
  cluster = new ScriptedCluster().addDirectory('/d').addFile('/d/f', 'content')
  cluster.trashIntervalMinutes = 10
})

describe('moveToTrash()', () => {
  it('does nothing when the trash is off', async () => {
    cluster.trashIntervalMinutes = 0
    expect(await client().moveToTrash('/d/f')).toBeUndefined()
    expect(cluster.contentOf('/d/f')).toBe('content')
  })

  it('keeps the path below Current', async () => {
    expect(await client().moveToTrash('/d/f')).toBe(`${CURRENT}/d/f`)
    expect(await client().moveToTrash('/d')).toBe(`${CURRENT}/d${NOW_MS}`)
  })

  it('puts the time behind a name that is taken', async () => {
    await client().moveToTrash('/d/f')
    cluster.addFile('/d/f', 'again')
    expect(await client().moveToTrash('/d/f')).toBe(`${CURRENT}/d/f${NOW_MS}`)
    expect(cluster.contentOf(`${CURRENT}/d/f`)).toBe('content')
    expect(cluster.contentOf(`${CURRENT}/d/f${NOW_MS}`)).toBe('again')
  })

  it('goes around a file that is in the way of a directory', async () => {
    cluster.addDirectory(CURRENT).addFile(`${CURRENT}/d`, 'a file called d')
    expect(await client().moveToTrash('/d/f')).toBe(`${CURRENT}/d${NOW_MS}/f`)
  })

  it('leaves alone what lies in the trash, refuses what contains it', async () => {
    await client().moveToTrash('/d/f')
    expect(await client().moveToTrash(`${CURRENT}/d/f`)).toBeUndefined()
    for (const path of ['/', '/user', '/user/alice']) {
      await expect(client().moveToTrash(path)).rejects.toThrow(
        `Cannot move "${path}" to the trash, as it contains the trash`,
      )
    }
  })

  it('says when nothing is there, and why a move failed', async () => {
    await expect(client().moveToTrash('/nope')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    cluster.failures.set('rename2', new DfsError('PERMISSION_DENIED', 'Permission denied'))
    await expect(client().moveToTrash('/d/f')).rejects.toThrow(
      'Failed to move to trash: /d/f: Permission denied',
    )
    expect(cluster.calls.filter((call) => call === 'rename2')).toHaveLength(2)
  })
})
