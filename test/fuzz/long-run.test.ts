/** What `npm run fuzz` runs: each target for its share of the time, until something breaks. */
import { expect, it } from 'vitest'
import { startHostileCluster } from '../support/hostile-cluster.js'
import { type FaceTargetName, faceTarget, LOOPBACK_ONLY } from './face-targets.js'
import { describeFinding, fuzz } from './fuzzer.js'
import { messageTarget } from './message-target.js'

const seconds = Number(process.env['DFS_FUZZ_SECONDS'] ?? 10)
const seed = Number(process.env['DFS_FUZZ_SEED'] ?? 1)
const targets = (process.env['DFS_FUZZ_TARGETS'] ?? 'message').split(',')

it.each(targets)('%s withstands it', async (name) => {
  const target =
    name === 'message'
      ? messageTarget()
      : faceTarget(
          name as FaceTargetName,
          await startHostileCluster({ seams: { network: LOOPBACK_ONLY } }),
        )
  const endMs = performance.now() + (seconds * 1000) / targets.length
  const { rounds, finding } = await fuzz(target, { seed, isOver: () => performance.now() > endMs })
  process.stdout.write(`${name}: ${rounds} rounds with seed ${seed}\n`)
  expect(finding === undefined ? 'nothing' : describeFinding(finding)).toBe('nothing')
})
