/** Columns of text as wide as their widest cell, two spaces apart; no spaces at the end of a left-aligned last column. */

export interface TableOptions {
  /** Columns, from 0, whose cells stand at the right. */
  readonly right?: readonly number[]
}

/** One line for each row, without line ends. */
export function renderTable(
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const right = new Set(options.right)
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        if (right.has(column)) return cell.padStart(width)
        return column === row.length - 1 ? cell : cell.padEnd(width)
      })
      .join('  '),
  )
}
