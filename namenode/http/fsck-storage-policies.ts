/**
 * `fsck -storagepolicies`: how many blocks lie on which types of storage, and whether that is what the policy of their
 * file says. Text and rules are those of HDFS's `StoragePolicySummary`.
 */
import { STORAGE_POLICIES } from '../policy/storage-policies.js'
import type { FsckBlock, FsckFile } from '../service/inspection/fsck-model.js'

/** In the order in which Java has them. */
const TYPES = ['RAM_DISK', 'SSD', 'DISK', 'ARCHIVE', 'PROVIDED', 'NVDIMM'] as const
type Type = (typeof TYPES)[number]

const byOrder = (left: Type, right: Type) => TYPES.indexOf(left) - TYPES.indexOf(right)

interface Allocation {
  readonly types: readonly Type[]
  /** Name of the policy that holds for the file. */
  readonly specified: string
  /** Name of the first policy that would have put it there. */
  readonly actual: string | undefined
  blocks: number
}

export class StoragePolicySums {
  readonly #allocations = new Map<string, Allocation>()
  #blocks = 0

  add(file: FsckFile): void {
    for (const block of file.blocks) {
      if (block.state === 'committed') this.#addBlock(block, file.storagePolicy)
    }
  }

  text(): string {
    const sorted = [...this.#allocations.values()].toSorted((a, b) => b.blocks - a.blocks)
    const rows = (isMatch: boolean) =>
      sorted
        .filter((it) => (it.actual === it.specified) === isMatch)
        .map((it) => this.#row(it, isMatch))
        .join('')
    const others = rows(false)
    return `
Blocks satisfying the specified storage policy:
Storage Policy                  # of blocks       % of blocks
${rows(true)}${
  others === ''
    ? '\nAll blocks satisfy specified storage policy.\n'
    : `
Blocks NOT satisfying the specified storage policy:
Storage Policy                  Specified Storage Policy      # of blocks       % of blocks
${others}`
}`
  }

  #addBlock({ replicas }: FsckBlock, specified: string): void {
    const types: Type[] = replicas
      .filter((it) => it.judgement === 'good' && it.liveness !== 'dead')
      .map((it) => it.storageType)
      .sort(byOrder)
    const key = `${types.join(',')} ${specified}`
    const actual = policyThatPuts(types)
    const known = this.#allocations.get(key) ?? { types, specified, actual, blocks: 0 }
    known.blocks += 1
    this.#allocations.set(key, known)
    this.#blocks += 1
  }

  #row({ types, specified, actual, blocks }: Allocation, isMatch: boolean): string {
    const counts = TYPES.flatMap((type) => {
      const count = types.filter((it) => it === type).length
      return count === 0 ? [] : [`${type}:${count}`]
    })
    const descriptor = counts.join(',') + (actual === undefined ? '' : `(${actual})`)
    const share = `${((blocks / this.#blocks) * 100).toFixed(4)}%`.padStart(20)
    const count = `${blocks}`.padStart(10)
    if (isMatch) return `${descriptor.padEnd(25)} ${count}  ${share}\n`
    return `${descriptor.padEnd(35)} ${specified.padEnd(20)} ${count}  ${share}\n`
  }
}

/** The types of the policy, each once, then its last one again and again; all in Java's order. */
function policyThatPuts(types: readonly Type[]): string | undefined {
  const found = STORAGE_POLICIES.find(({ storageTypes }) => {
    const wanted = storageTypes.toSorted(byOrder)
    if (wanted.length > types.length) return false
    return types.every((type, index) => type === wanted[Math.min(index, wanted.length - 1)])
  })
  return found?.name
}
