/** A picture of the ratios: one bar for each row, on a logarithmic scale, with marks where it must and should end. */
import { type Row, verdict } from './results.js'

const WIDTH = 900
const LEFT = 330
const RIGHT = 70
const ROW = 20
const TOP = 50
const COLOURS = { goal: '#2e7d32', must: '#8bc34a', missed: '#e57373' } as const
const MARKS =
  '<tspan fill="#555">grey: what must be reached</tspan>, <tspan fill="#1565c0">blue: the goal</tspan>'
/** Ratios at the ends of the scale. */
const LEAST = 0.1
const MOST = 100

/** @returns an SVG document */
export function plot(rows: readonly Row[], heading: string): string {
  const height = TOP + rows.length * ROW + 20
  const grid = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].map(
    (ratio) =>
      `<line x1="${x(ratio)}" y1="${TOP - 6}" x2="${x(ratio)}" y2="${height - 16}" stroke="${ratio === 1 ? '#000' : '#ddd'}"/>` +
      `<text x="${x(ratio)}" y="${TOP - 10}" text-anchor="middle">${ratio} ×</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(heading)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="10" y="18" font-size="14">${escaped(heading)}</text>`,
    `<text x="${WIDTH - 8}" y="18" text-anchor="end">${MARKS}</text>`,
    ...grid,
    ...rows.map((row, index) => bar(row, TOP + index * ROW)),
    '</svg>',
    '',
  ].join('\n')
}

function bar(row: Row, top: number): string {
  const from = Math.min(x(1), x(row.ratio))
  const width = Math.abs(x(row.ratio) - x(1))
  const mark = (ratio: number, colour: string) =>
    `<line x1="${x(ratio)}" y1="${top}" x2="${x(ratio)}" y2="${top + ROW - 4}" stroke="${colour}" stroke-width="2"/>`
  return [
    `<text x="${LEFT - 8}" y="${top + 12}" text-anchor="end">${escaped(row.title)}</text>`,
    `<rect x="${from}" y="${top + 2}" width="${width}" height="${ROW - 8}" fill="${COLOURS[verdict(row)]}"/>`,
    mark(row.must, '#555'),
    mark(row.goal, '#1565c0'),
    `<text x="${WIDTH - 8}" y="${top + 12}" text-anchor="end">${row.ratio.toFixed(2)} ×</text>`,
  ].join('')
}

function x(ratio: number): number {
  const inside = Math.min(MOST, Math.max(LEAST, ratio))
  const share = Math.log(inside / LEAST) / Math.log(MOST / LEAST)
  return Math.round(LEFT + share * (WIDTH - LEFT - RIGHT))
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
