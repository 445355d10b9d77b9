/** "Did you mean": the known name nearest to a mistyped one. */

/** Within a third of its length, or sharing its last part (`replication` for `dfs.replication.target`). */
export function suggest(typed: string, known: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase()
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = editDistance(wanted, name.toLowerCase())
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  if (best !== undefined && best.distance <= Math.max(2, wanted.length / 3)) return best.name
  const lastPart = wanted.split(/[._]/).at(-1) ?? wanted
  return known.find((name) => name.toLowerCase().endsWith(lastPart))
}

/** Levenshtein's: insertions, deletions and replacements that turn `a` into `b`. Names are short: two rows do. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const remove = (previous[column] ?? 0) + 1
      const insert = (current[column - 1] ?? 0) + 1
      current.push(Math.min(replace, remove, insert))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
