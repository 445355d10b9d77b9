import { describe, expect, it } from 'vitest'
import { createSystemLog } from '../../../shared/system-log.js'

function logOf(isTTY: boolean, format: 'auto' | 'text' | 'json' = 'auto') {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line), isTTY }
  return { lines, log: createSystemLog({ name: 'namenode', level: 'info', format, stream }) }
}

describe('the log of a process', () => {
  it('is text on a terminal: time, level, process, event, fields', () => {
    const { lines, log } = logOf(true)
    log.warn({ blockId: 7, reason: 'no room' }, 'placement short')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}namenode: placement short blockId=7 reason="no room"\n$/,
    )
  })

  it('is one JSON object for each line elsewhere', () => {
    const { lines, log } = logOf(false)
    log.child({ part: 'rpc' }).error({ error: new Error('broken') }, 'call failed')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      process: 'namenode',
      part: 'rpc',
      msg: 'call failed',
      error: { message: 'broken' },
    })
  })

  it('leaves out what is less severe than its level', () => {
    const { lines, log } = logOf(false)
    log.debug({}, 'detail')
    expect(lines).toEqual([])
  })
})
